import { UserError } from '../lib/core/errors';
import { hostTensor, HostTensor } from '../lib/core/host-tensor';
import { permutation, seededRandom } from '../lib/core/random';
import { type Batch, type BatchSource, expectBatchSize } from './batch';
import { LabelTable, labelTable, takeLabels } from './batch-labels';
import type { AnyLabel, Example, Examples, StoredExamples, Texts } from './dataset';
import { Encoded, encodeExample } from './encoded';
import { epochOrder, spreadOrder } from './order';
import type { TokenCache } from './token-cache';
import type { Tokenizer } from './tokenizer/tokenizer';

/** Options of {@link batchSource}. */
export interface BatchSourceOptions {
  /** Examples of a batch; the last that is made has what is left. */
  readonly batchSize: number;
  /** Pieces of an example at most, `[CLS]` and `[SEP]` included: what is longer loses its end; 128 by default. */
  readonly maxLength?: number;
  /** Of the order of the examples; 0 by default. */
  readonly seed?: number;
  /** Another order in each epoch; true by default. Leave it off for examples to evaluate on. */
  readonly shuffle?: boolean;
  /** Labels are numbers to predict; false by default. */
  readonly regression?: boolean;
  /** Keeps the pieces of examples in memory from run to run, `tokenCache(folder)`; nothing does by default. */
  readonly cache?: TokenCache;
}

/** Batches among which examples of like length are brought together. */
const SORTED_BATCHES = 50;

/** Examples by number, as batches need them. */
interface Rows {
  readonly labels: LabelTable;
  encoded(row: number): Encoded;
  /** Longer examples have a larger one. */
  sizeOf(row: number): number;
}

/**
 * Batches for `bert`: xs are token ids, attention mask and token types, each int32 [batch, time]; ys int32 [batch], float32 [batch]
 * for a regression, or float32 [batch, labels] where each example has several. A batch is as long as its longest example, rounded up to a multiple of 8 (of 16 above 64), so that
 * few lengths occur and few programs are compiled.
 *
 * Shuffled, examples of about the same length share a batch: they are shuffled, sorted by length within every 50 batches'
 * worth, cut into batches, and the batches shuffled. Unshuffled they keep their order. Examples in memory are encoded once, when the
 * first batch is asked for; stored ones are read and encoded batch by batch, so there may be more than memory holds.
 *
 * A sample is of rows drawn at random, sorted by length, whether the source is shuffled or not.
 *
 * @throws UserError for no examples, sizes that are not whole numbers, and labels that are no class numbers, not finite or not
 *   as many.
 *
 * @example
 * const data = batchSource(dataset.train, wordPiece(vocabulary), { batchSize: 32, seed: 1 });
 * for await (const { xs, ys } of data.epoch(0)) …
 */
export function batchSource(
  examples: Examples,
  tokenizer: Tokenizer,
  { batchSize, maxLength = 128, seed = 0, shuffle = true, regression = false, cache }: BatchSourceOptions,
): BatchSource {
  checkSizes(batchSize, maxLength);
  const encoded = (example: Texts) => encodeExample(example, tokenizer, maxLength);
  const encodedAll = (all: readonly Texts[]) =>
    cache ? cache.encodeAll(all, tokenizer, maxLength) : all.map(encoded);
  const rows = isStored(examples) ? stored(examples, encoded) : inMemory(examples, encodedAll, regression);
  const count = examples.length;
  const batchesPerEpoch = Math.ceil(count / batchSize);
  function* cut(order: Uint32Array, batches: Iterable<number>): Iterable<Batch> {
    for (const batch of batches) {
      const taken = order.subarray(batch * batchSize, (batch + 1) * batchSize);
      yield makeBatch(taken, rows, tokenizer.padId, maxLength);
    }
  }
  return {
    examples: count,
    batchesPerEpoch,
    async *epoch(epoch, from = 0) {
      const order = epochOrder(count, shuffle ? { seed, epoch } : undefined);
      if (shuffle) sortWithin(order, SORTED_BATCHES * batchSize, rows);
      const batches = shuffle ? batchOrder(batchesPerEpoch, seed, epoch) : epochOrder(batchesPerEpoch);
      yield* cut(order, batches.subarray(from));
    },
    async *sample(asked) {
      const order = epochOrder(count, { seed, epoch: 0 }).subarray(0, asked);
      sortWithin(order, order.length, rows);
      yield* cut(order, spreadOrder(Math.ceil(order.length / batchSize)));
    },
  };
}

const isStored = (examples: Examples): examples is StoredExamples => 'sizeOf' in examples;

function inMemory(
  examples: readonly Example<AnyLabel>[],
  encodedAll: (examples: readonly Texts[]) => readonly Encoded[],
  regression: boolean,
): Rows {
  const labels = labelTable(examples, regression);
  let cached: readonly Encoded[] | undefined;
  const at = (row: number) => (cached ??= encodedAll(examples))[row] as Encoded;
  return {
    labels,
    encoded: at,
    sizeOf: (row) => at(row).ids.length,
  };
}

function stored(examples: StoredExamples, encoded: (example: Texts) => Encoded): Rows {
  return {
    labels: { values: examples.labels, shape: examples.outputs === undefined ? [] : [examples.outputs] },
    encoded: (row) => encoded(examples.at(row)),
    sizeOf: (row) => examples.sizeOf(row),
  };
}

/** The length to which examples are padded whose longest has `longest` pieces. */
export function bucketLength(longest: number, maxLength: number): number {
  const multiple = longest <= 64 ? 8 : 16;
  return Math.min(Math.ceil(longest / multiple) * multiple, maxLength);
}

/** Sorts each piece of `size` rows by length. */
function sortWithin(order: Uint32Array, size: number, { sizeOf }: Rows): void {
  for (let start = 0; start < order.length; start += size) {
    order.subarray(start, start + size).sort((a, b) => sizeOf(a) - sizeOf(b));
  }
}

function batchOrder(batches: number, seed: number, epoch: number): Uint32Array {
  return permutation(batches, seededRandom(seed, 'batches', String(epoch)));
}

function makeBatch(
  rows: Uint32Array,
  { labels, encoded: encodedRow }: Rows,
  padId: number,
  maxLength: number,
): Batch {
  const encoded = Array.from(rows, encodedRow);
  const time = bucketLength(Math.max(...encoded.map(({ ids }) => ids.length)), maxLength);
  const values = () => new Int32Array(rows.length * time);
  const [inputIds, attentionMask, tokenTypeIds] = [values().fill(padId), values(), values()];
  encoded.forEach(({ ids, typeIds }, i) => {
    inputIds.set(ids, i * time);
    attentionMask.fill(1, i * time, i * time + ids.length);
    tokenTypeIds.set(typeIds, i * time);
  });
  const xs: HostTensor[] = [inputIds, attentionMask, tokenTypeIds].map((data) =>
    hostTensor(data, [rows.length, time]),
  );
  return { xs, ys: takeLabels(labels, rows), size: rows.length };
}

function checkSizes(batchSize: number, maxLength: number): void {
  expectBatchSize(batchSize);
  if (!(Number.isInteger(maxLength) && maxLength >= 3)) {
    throw new UserError(
      `Expected a maxLength of at least 3 pieces ([CLS] and [SEP] are two), got ${maxLength}.`,
    );
  }
}
