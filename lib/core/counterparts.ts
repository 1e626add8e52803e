import type * as tf from '@tensorflow/tfjs';
import { HeldLayer, heldBy } from './held-layers';
import { ownWeights } from './own-weights';

/**
 * Each layer of a copy of a model, rebuilt or loaded, with the layer of the original that stands in its place, the models
 * themselves first. Layers that only the copy has are left out; where the original shares a layer between nested models, each
 * of them may have its own in the copy.
 */
export function counterparts(
  copy: tf.LayersModel,
  original: tf.LayersModel,
): Map<tf.layers.Layer, tf.layers.Layer> {
  const pairs = new Map<tf.layers.Layer, tf.layers.Layer>([[copy, original]]);
  for (const [layer, model] of pairs) {
    const [own, theirs] = [heldBy(layer), heldBy(model)];
    own.forEach((held, i) => {
      const found = namesake(held, theirs) ?? (own.length === theirs.length ? theirs[i] : undefined);
      if (found && !pairs.has(held.layer)) pairs.set(held.layer, found.layer);
    });
  }
  return pairs;
}

/** Names that tfjs made up differ where a user's own layer makes its layers anew. */
function namesake({ name }: HeldLayer, others: readonly HeldLayer[]): HeldLayer | undefined {
  return others.find((other) => other.name === name);
}

/** Each weight of a copy of a model with that of the original. */
export function weightCounterparts(
  copy: tf.LayersModel,
  original: tf.LayersModel,
): Map<tf.LayerVariable, tf.LayerVariable> {
  const pairs = new Map<tf.LayerVariable, tf.LayerVariable>();
  for (const [layer, from] of counterparts(copy, original)) {
    const weights = ownWeights(from);
    for (const [name, weight] of ownWeights(layer)) {
      const found = weights.get(name);
      if (found) pairs.set(weight, found);
    }
  }
  return pairs;
}

/** Makes a copy of a model as trainable as the original: its nested models, layers and single weights. A config keeps layers only. */
export function copyTrainable(copy: tf.LayersModel, original: tf.LayersModel): void {
  // A model's flag is set on the weights of its layers too: single weights come last.
  counterparts(copy, original).forEach((from, layer) => (layer.trainable = from.trainable));
  weightCounterparts(copy, original).forEach((from, weight) => (weight.trainable = from.trainable));
}
