import * as tf from '@tensorflow/tfjs';
import type { Batch, BatchSource } from '../../datasets/batch';
import { conclude } from '../../lib/core/conclude';
import { UserError } from '../../lib/core/errors';
import type { Tensors } from './arranged';

/** Batches as `tf.data` gives them. */
export type StockDataset = tf.data.Dataset<tf.TensorContainer>;

/** Inputs and labels of a batch. */
export type Element = readonly [xs: Tensors, ys: Tensors];

export interface DatasetOptions {
  /** Batches of an epoch; all that there are by default. With it an epoch goes on where the one before ended, as in tfjs. */
  readonly batchesPerEpoch?: number;
  /** Makes a batch of an element, which is freed afterwards. @param where for messages: `batch 3 of epoch 0 `. */
  readonly read: (element: Element, where: string) => Promise<Batch>;
}

/**
 * A `tf.data.Dataset` of batches, `{ xs, ys }`, as a source. Where neither it nor the caller knows how many batches it has, it is read once to
 * count them.
 *
 * @throws UserError for a dataset without batches, or without an end, and from the epochs for elements of another form.
 */
export async function datasetSource(
  dataset: StockDataset,
  { batchesPerEpoch: asked, read }: DatasetOptions,
): Promise<BatchSource> {
  const batchesPerEpoch = asked ?? (await count(dataset));
  if (!Number.isInteger(batchesPerEpoch) || batchesPerEpoch < 1) {
    throw new UserError(
      `Expected a dataset of at least one batch, and an end or batchesPerEpoch, a whole number, got ${batchesPerEpoch}.`,
    );
  }
  let going: AsyncIterator<tf.TensorContainer> | undefined;
  return {
    examples: NaN, // nobody knows
    batchesPerEpoch,
    async *epoch(epoch, from = 0) {
      const elements = asked === undefined ? await iterate(dataset) : (going ??= await iterate(dataset));
      for (let batch = 0; batch < batchesPerEpoch; batch++) {
        const { done, value } = await elements.next();
        if (done) return;
        const where = `batch ${batch} of epoch ${epoch} `;
        const made = await conclude(
          () => read(elementOf(value, where), where),
          () => void tf.dispose(value),
        );
        if (batch >= from) yield made;
      }
    },
  };
}

export const isDataset = (value: unknown): value is StockDataset =>
  typeof (value as Partial<StockDataset> | null)?.iterator === 'function';

async function count(dataset: StockDataset): Promise<number> {
  if (typeof dataset.size === 'number') return dataset.size;
  const elements = await iterate(dataset);
  for (let batches = 0; ; batches++) {
    const { done, value } = await elements.next();
    if (done) return batches;
    tf.dispose(value);
  }
}

async function iterate(dataset: StockDataset): Promise<AsyncIterator<tf.TensorContainer>> {
  return (await dataset.iterator()) as unknown as AsyncIterator<tf.TensorContainer>;
}

function elementOf(value: tf.TensorContainer, where: string): Element {
  const { xs, ys } = Object(value) as { readonly xs?: Tensors; readonly ys?: Tensors };
  if (xs !== undefined && ys !== undefined) return [xs, ys];
  throw new UserError(
    `Expected a dataset of { xs, ys }, got ${Object.keys(Object(value)).join(', ') || String(value)} in ${where.trim()}.`,
  );
}
