import type * as tf from '@tensorflow/tfjs';
import { variableOf, weightsOf } from '../../core/weights';

/**
 * Makes the weights of a model not trainable, but for some.
 *
 * @param trained whether a weight, by its path, is to be trained on.
 * @returns makes those trainable again that were.
 */
export function freeze(model: tf.LayersModel, trained: (path: string) => boolean): () => void {
  const frozen = new Set(
    weightsOf(model)
      .filter(({ path, trainable }) => trainable && !trained(path))
      .map(({ variable }) => variable),
  );
  const weights = model.weights.filter((weight) => frozen.has(variableOf(weight)));
  const set = (trainable: boolean) =>
    weights.forEach((weight) => ((weight as { trainable: boolean }).trainable = trainable));
  set(false);
  return () => set(true);
}
