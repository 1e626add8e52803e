import type * as tf from '@tensorflow/tfjs';
import { heldBy } from './held-layers';

export { isModel } from './held-layers';

/**
 * Every layer of a model, the model itself first, each once, in the order in which they were added: those of nested models,
 * and those inside wrappers, recurrent layers and a user's own layers, after what holds them.
 */
export function layersOf(model: tf.layers.Layer): tf.layers.Layer[] {
  const found = new Set<tf.layers.Layer>();
  const visit = (layer: tf.layers.Layer): void => {
    if (found.has(layer)) return;
    found.add(layer);
    heldBy(layer).forEach((held) => visit(held.layer));
  };
  visit(model);
  return [...found];
}
