import type * as tf from '@tensorflow/tfjs';
import { UserError } from './errors';
import { isModel, layersOf } from './layers';

/** One weight of a model, under the name that checkpoints, masks and reports know it by. */
export interface Weight {
  /** Name of the layer, `/`, name of the weight: `encoder/0/attention/query/kernel`. Unique in a model. */
  readonly path: string;
  /** The last part of the path: `kernel`. */
  readonly name: string;
  /** The layer that computes with it. */
  readonly layer: tf.layers.Layer;
  /** What holds its value, and what gradients are taken by. */
  readonly variable: tf.Variable;
  /** Whether both the weight and its layer are trainable. */
  readonly trainable: boolean;
  readonly rank: number;
}

/**
 * The weights of a model, nested models included, in the order of its layers; a weight that several layers share comes once.
 *
 * @throws UserError if two weights have the same path.
 *
 * @example weightsOf(model).filter(({ trainable, rank }) => trainable && rank >= 2).map(({ path }) => path)
 */
export function weightsOf(model: tf.LayersModel): Weight[] {
  const trainable = new Set(model.trainableWeights);
  const weights = new Map<string, Weight>();
  const seen = new Set<tf.LayerVariable>();
  for (const layer of layersOf(model).filter((layer) => !isModel(layer))) {
    for (const weight of layer.weights) {
      if (seen.has(weight)) continue;
      seen.add(weight);
      const path = weight.originalName;
      if (weights.has(path)) throw duplicate(path);
      weights.set(path, weightOf(weight, layer, trainable.has(weight)));
    }
  }
  return [...weights.values()];
}

function weightOf(weight: tf.LayerVariable, layer: tf.layers.Layer, trainable: boolean): Weight {
  // `read()` may answer with a transformed weight (see attach.ts); the variable itself is private to tfjs.
  const variable = (weight as unknown as { readonly val: tf.Variable }).val;
  const path = weight.originalName;
  return { path, name: path.split('/').at(-1)!, layer, variable, trainable, rank: variable.rank };
}

function duplicate(path: string): UserError {
  return new UserError(
    `Expected every weight of a model to have its own path, got "${path}" twice; give the layers different names.`,
  );
}
