import type * as tf from '@tensorflow/tfjs';
import { allLabels, type BatchSource } from '../datasets/batch';
import { expectIds, idRangesOf } from './id-ranges';
import { expectLabels } from './label-range';
import type { Loss } from './losses';

/**
 * A source whose every batch is looked at before it is given: whether ids name rows of the model's tables, and labels are such as the loss
 * learns from.
 *
 * @throws UserError (from the epoch) with the row, the value and the range.
 */
export function checkedSource(source: BatchSource, model: tf.LayersModel, { labels }: Loss): BatchSource {
  const ids = idRangesOf(model);
  const ranges = [labels].flat();
  return {
    ...source,
    async *epoch(epoch, from = 0) {
      let number = from;
      for await (const batch of source.epoch(epoch, from)) {
        const where = `batch ${number++} of epoch ${epoch}`;
        expectIds(batch.xs, ids, where);
        for (const [i, tensor] of allLabels(batch).entries()) {
          const range = ranges[i];
          if (range) expectLabels(tensor, range, model.outputs[i]?.shape.at(-1) ?? Infinity, where);
        }
        yield batch;
      }
    },
  };
}
