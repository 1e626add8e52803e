import type * as tf from '@tensorflow/tfjs';
import { factsOf } from '../../core/facts-of';
import { layersOf } from '../../core/layers';
import { ownWeights } from '../../core/own-weights';
import { variableOf } from '../../core/weights';
import { Affine, slotsOf } from './products';

/** Another layer that computes with a weight of a layer's products, if any: to change it would change both. */
export type Sharing = (layer: tf.layers.Layer) => tf.layers.Layer | undefined;

export function sharingIn(model: tf.LayersModel, affineOf: (layer: tf.layers.Layer) => Affine): Sharing {
  const users = new Map<tf.Variable, Set<tf.layers.Layer>>();
  for (const layer of layersOf(model)) {
    for (const weight of [...ownWeights(layer).values(), ...(factsOf(layer)?.borrows ?? [])]) {
      const variable = variableOf(weight);
      users.set(variable, (users.get(variable) ?? new Set()).add(layer));
    }
  }
  return (layer) => {
    const all = slotsOf(affineOf(layer)).flatMap(({ weight }) => [...(users.get(weight.variable) ?? [])]);
    return all.find((user) => user !== layer);
  };
}
