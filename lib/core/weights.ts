import type * as tf from '@tensorflow/tfjs';
import { distinct } from './distinct';
import { layerPathsOf } from './layer-paths';
import { isModel, layersOf } from './layers';
import { isMadeBy, ownWeights } from './own-weights';

/** One weight of a model, under the name that checkpoints, masks and reports know it by. */
export interface Weight {
  /** Name of the layer, `/`, name of the weight: `encoder/0/attention/query/kernel`. Unique in a model; see `layerPathsOf`. */
  readonly path: string;
  /** What its layer calls it, and `attach` knows it by: `kernel`. */
  readonly name: string;
  /** The layer that computes with it: the innermost one, the cell in a recurrent layer; of several, the one that made it. */
  readonly layer: tf.layers.Layer;
  /** What holds its value, and what gradients are taken by. */
  readonly variable: tf.Variable;
  /** Whether `model.fit` would train it: it is among the model's trainable weights, and its variable is trainable. */
  readonly trainable: boolean;
  /** Axes of its shape: 2 for a kernel of a dense layer, 1 for a bias. */
  readonly rank: number;
}

/**
 * Every weight of `model.weights` once, whatever holds its layer (nested models, wrappers, recurrent layers, a user's own layers)
 * and however many share it, in the order of the layers.
 *
 * @example weightsOf(model).filter(({ trainable, rank }) => trainable && rank >= 2).map(({ path }) => path)
 */
export function weightsOf(model: tf.LayersModel): Weight[] {
  const trainable = new Set(model.trainableWeights);
  const owned = ownersOf(model);
  const layers = pathsOf(model, owned);
  const paths = distinct(owned.map(({ layer, name }) => `${layers.get(layer)!}/${name}`));
  return owned.map(({ weight, layer, name }, i) => {
    const variable = variableOf(weight);
    const isTrainable = trainable.has(weight) && variable.trainable;
    return { path: paths[i]!, name, layer, variable, trainable: isTrainable, rank: variable.rank };
  });
}

/** The layers that have weights, each with the first part of their paths: `encoder/0/attention/query`. */
export function pathsOfLayers(model: tf.LayersModel): Map<tf.layers.Layer, string> {
  return pathsOf(model, ownersOf(model));
}

const pathsOf = (model: tf.LayersModel, owned: readonly Owned[]) =>
  layerPathsOf(model, new Set(owned.map(({ layer }) => layer)));

/** The variable itself, which is private to tfjs: `read()` may answer with a transformed weight (see attach.ts). */
export function variableOf(weight: tf.LayerVariable): tf.Variable {
  return (weight as unknown as { readonly val: tf.Variable }).val;
}

interface Owned {
  readonly weight: tf.LayerVariable;
  readonly layer: tf.layers.Layer;
  readonly name: string;
}

/** Each weight of a model with the layer that computes with it, in the order of the layers. */
function ownersOf(model: tf.LayersModel): Owned[] {
  const known = new Set(model.weights);
  const owners = new Map<tf.LayerVariable, Owned>();
  for (const layer of layersOf(model).filter((layer) => !isModel(layer))) {
    for (const [name, weight] of ownWeights(layer)) {
      if (!known.has(weight)) continue;
      const owner = owners.get(weight);
      if (!owner || (isMadeBy(weight, layer) && !isMadeBy(weight, owner.layer))) {
        owners.set(weight, { weight, layer, name });
      }
    }
  }
  return [...owners.values()];
}
