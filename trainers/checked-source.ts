import type * as tf from '@tensorflow/tfjs';
import type { BatchSource } from '../datasets/batch';
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
  const outputs = model.outputs[0]?.shape.at(-1) ?? Infinity;
  return {
    ...source,
    async *epoch(epoch, from = 0) {
      let number = from;
      for await (const batch of source.epoch(epoch, from)) {
        const where = `batch ${number++} of epoch ${epoch}`;
        expectIds(batch.xs, ids, where);
        if (labels) expectLabels(batch.ys, labels, outputs, where);
        yield batch;
      }
    },
  };
}
