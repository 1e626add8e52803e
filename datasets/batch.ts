import * as tf from '@tensorflow/tfjs';
import { hostOf, hostTensor, HostTensor, sizeOf } from '../lib/core/host-tensor';
import { UserError } from '../lib/core/errors';
import { epochOrder } from './order';

/** Examples that go through the model together. */
export interface Batch {
  /** In the order of the model's inputs, each [size, ...]. */
  readonly xs: HostTensor[];
  /** [size] int32 classes, or float32 numbers for a regression; any [size, ...] that the loss understands. */
  readonly ys: HostTensor;
  /** Labels beside these, [size, ...], for a loss of several: of further outputs, weights of examples. None by default. */
  readonly further?: readonly HostTensor[];
  /** How many examples. */
  readonly size: number;
}

/** The labels of a batch, all of them. */
export const allLabels = ({ ys, further = [] }: Batch): readonly HostTensor[] => [ys, ...further];

/**
 * Batches in an order that is a function of the seed and the epoch alone, so that training resumes where it stopped: at batch
 * `from` of an epoch.
 */
export interface BatchSource {
  /** The last one, which may be smaller, counted. */
  readonly batchesPerEpoch: number;
  /** Of one epoch. */
  readonly examples: number;
  /** Stands for all that an epoch holds, where reading one to make sure that it is the same data takes too long. */
  readonly digest?: string;
  /** The batches of an epoch, without the first `from`. */
  epoch(epoch: number, from?: number): AsyncIterable<Batch>;
  /**
   * So many examples, or all, each as likely as any other, in batches of which any number of the first are spread over what there is; absent
   * where the first batches of an epoch are that already. Batches of like length are not: ten of them may be ten of short texts.
   */
  sample?(examples: number): AsyncIterable<Batch>;
}

/** Options of {@link fromTensors}. */
export interface FromTensorsOptions {
  /** Examples of a batch; the last of an epoch has what is left. */
  readonly batchSize: number;
  /** Of the order of the examples; 0 by default. */
  readonly seed?: number;
  /** Another order in each epoch; true by default. Leave it off for examples to evaluate on. */
  readonly shuffle?: boolean;
}

/**
 * Batches of your own data, for any model. The tensors are copied: they stay yours to dispose.
 *
 * @param xs one tensor per input of the model, [examples, ...].
 * @param ys labels, [examples, ...]; a list for a loss of several.
 * @throws UserError unless all have the same number of examples, at least one, and for a batchSize that is no whole number from 1.
 *
 * @example
 * const data = fromTensors(tf.tensor2d([[0, 0], [0, 1]]), tf.tensor1d([0, 1], 'int32'), { batchSize: 2 });
 */
export function fromTensors(
  xs: tf.Tensor | readonly tf.Tensor[],
  ys: tf.Tensor | readonly tf.Tensor[],
  options: FromTensorsOptions,
): BatchSource {
  const [inputs, labels] = [xs, ys].map((tensors) =>
    tensors instanceof tf.Tensor ? [tensors] : [...tensors],
  );
  return fromHost(inputs!.map(copy), labels!.map(copy), options);
}

/** The same of tensors on the host, which the source keeps. */
export function fromHost(
  xs: readonly HostTensor[],
  labels: readonly HostTensor[],
  { batchSize, seed = 0, shuffle = true }: FromTensorsOptions,
): BatchSource {
  expectBatchSize(batchSize);
  const examples = countExamples([...xs, ...labels]);
  const batchesPerEpoch = Math.ceil(examples / batchSize);
  return {
    examples,
    batchesPerEpoch,
    async *epoch(epoch, from = 0) {
      const order = epochOrder(examples, shuffle ? { seed, epoch } : undefined);
      for (let batch = from; batch < batchesPerEpoch; batch++) {
        const rows = order.subarray(batch * batchSize, (batch + 1) * batchSize);
        const [ys, ...further] = labels.map((tensor) => take(tensor, rows)) as [HostTensor];
        const inputs = xs.map((x) => take(x, rows));
        yield { xs: inputs, ys, ...(further.length > 0 ? { further } : {}), size: rows.length };
      }
    },
  };
}

/** @throws UserError unless it is a whole number of examples, at least one. */
export function expectBatchSize(batchSize: number): void {
  if (Number.isInteger(batchSize) && batchSize >= 1) return;
  throw new UserError(`Expected a batchSize of at least 1 example, got ${batchSize}.`);
}

/** How many examples there are. @throws UserError unless all tensors have as many. */
export function countExamples(tensors: readonly HostTensor[]): number {
  const counts = tensors.map(({ shape }) => shape[0]);
  const [examples = 0] = counts;
  if (examples > 0 && counts.every((count) => count === examples)) return examples;
  throw new UserError(
    `Expected xs and ys to have the same number of examples, at least 1, got ${counts.map((count) => count ?? 'none').join(', ')}.`,
  );
}

/** One epoch as a `tf.data` dataset of batches. */
export function asDataset(source: BatchSource, epoch: number): tf.data.Dataset<tf.TensorContainer> {
  const generator = (): AsyncIterator<tf.TensorContainer> =>
    source.epoch(epoch)[Symbol.asyncIterator]() as unknown as AsyncIterator<tf.TensorContainer>;
  return tf.data.generator(generator as unknown as () => Promise<Iterator<tf.TensorContainer>>);
}

function copy(tensor: tf.Tensor): HostTensor {
  const host = hostOf(tensor);
  return { ...host, data: host.data.slice() };
}

/** The given rows of a tensor, in their order. */
function take({ data, shape }: HostTensor, rows: Uint32Array): HostTensor {
  const width = sizeOf(shape.slice(1));
  const taken = data.slice(0, rows.length * width);
  rows.forEach((row, i) => taken.set(data.subarray(row * width, (row + 1) * width), i * width));
  return hostTensor(taken, [rows.length, ...shape.slice(1)]);
}
