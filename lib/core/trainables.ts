import type * as tf from '@tensorflow/tfjs';
import { attachmentsOf, Trainable } from './attach';
import { pathsOfLayers } from './weights';

/** A transform's variable that is trained, under the name that checkpoints know it by. */
export interface NamedTrainable extends Required<Trainable> {
  /** The layer's path, what it is attached to, and the transform's own name for it: `encoder/0/ffn/up/kernel/step`. */
  readonly path: string;
}

/** What transforms that are attached to a model train, in the order of the layers; a shared transform's once. */
export function trainablesOf(model: tf.LayersModel): NamedTrainable[] {
  const paths = pathsOfLayers(model);
  const found = new Map<tf.Variable, NamedTrainable>();
  for (const { layer, target, transform } of attachmentsOf(model)) {
    const place = `${paths.get(layer) ?? layer.name}/${target}`;
    for (const [name, { variable, decay = false, rateFactor = 1 }] of Object.entries(
      transform.trainables?.() ?? {},
    )) {
      if (found.has(variable)) continue;
      found.set(variable, { path: `${place}/${name}`, variable, decay, rateFactor });
    }
  }
  return [...found.values()];
}
