import fc from 'fast-check';
import { asDataset, Batch, BatchSource } from '../../datasets/batch';
import { batchSource, BatchSourceOptions, bucketLength } from '../../datasets/batches';
import type { Example } from '../../datasets/dataset';
import { sampleBatches } from '../../datasets/sample-batches';
import { Tokenizer, wordPiece } from '../../datasets/tokenizer/tokenizer';
import { UserError } from '../../lib/core/errors';

const tokenizer = wordPiece(['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'a', 'b']);

/** An example of so many pieces, `[CLS]` and `[SEP]` included; its label says which. */
const sized = (length: number, label: number): Example => ({ text: 'a '.repeat(length - 2), label });

const EXAMPLES = Array.from({ length: 230 }, (_, i) => sized(3 + ((i * 37) % 60), i));

async function read(source: BatchSource, epoch: number, from?: number): Promise<Batch[]> {
  const batches: Batch[] = [];
  for await (const batch of source.epoch(epoch, from)) batches.push(batch);
  return batches;
}

const sourceOf = (options: Partial<BatchSourceOptions> = {}, examples: readonly Example[] = EXAMPLES) =>
  batchSource(examples, tokenizer, { batchSize: 2, seed: 1, ...options });
const labelsOf = (batches: readonly Batch[]) => batches.flatMap(({ ys }) => [...ys.data]);
const timeOf = ({ xs }: Batch) => xs[0]?.shape[1] ?? 0;
const rows = ({ xs }: Batch) => xs.map(({ data }) => [...data]);

it('gives ids, attention mask, token types and labels, padded', async () => {
  const examples = [
    { text: 'a b', pair: 'b', label: 1 },
    { text: 'b', label: 0 },
  ];
  const [batch] = await read(sourceOf({ shuffle: false }, examples), 0);
  expect(batch).toEqual({
    xs: [
      { dtype: 'int32', shape: [2, 8], data: Int32Array.of(2, 4, 5, 3, 5, 3, 0, 0, 2, 5, 3, 0, 0, 0, 0, 0) },
      { dtype: 'int32', shape: [2, 8], data: Int32Array.of(1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0) },
      { dtype: 'int32', shape: [2, 8], data: Int32Array.of(0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0) },
    ],
    ys: { dtype: 'int32', shape: [2], data: Int32Array.of(1, 0) },
    size: 2,
  });
});

it('pads with the piece that the vocabulary has for it', async () => {
  const other = wordPiece(['[UNK]', '[CLS]', '[SEP]', 'a', '[PAD]']);
  const [batch] = await read(batchSource([{ text: 'a', label: 0 }], other, { batchSize: 1 }), 0);
  expect([...(batch as Batch).xs[0]!.data]).toEqual([1, 3, 2, 4, 4, 4, 4, 4]);
});

it('gives numbers as labels of a regression', async () => {
  const source = sourceOf({ shuffle: false, regression: true }, [{ text: 'a', label: -0.5 }]);
  const [batch] = await read(source, 0);
  expect(batch?.ys).toEqual({ dtype: 'float32', shape: [1], data: Float32Array.of(-0.5) });
});

it('gives several labels of each example as numbers, whatever the option says', async () => {
  const examples = [
    { text: 'a', label: [1, 0, 1] },
    { text: 'b', label: [0, 0.5, 0] },
  ];
  for (const regression of [false, true]) {
    const source = batchSource(examples, tokenizer, { batchSize: 2, shuffle: false, regression });
    const [batch] = await read(source, 0);
    expect(batch?.ys).toEqual({ dtype: 'float32', shape: [2, 3], data: Float32Array.of(1, 0, 1, 0, 0.5, 0) });
  }
  const shuffled = await read(batchSource(examples, tokenizer, { batchSize: 1, seed: 1 }), 0);
  shuffled.forEach(({ xs, ys }) => {
    const [, piece] = xs[0]!.data;
    expect([...ys.data]).toEqual(examples[piece === 4 ? 0 : 1]!.label);
  });
});

it.each<[string, number[][], string]>([
  ['none', [[]], '1 finite label(s) for every example, got [] for "a"'],
  ['fewer than before', [[1, 0], [1]], '2 finite label(s) for every example, got [1] for "b"'],
  ['no numbers', [[1, NaN]], '2 finite label(s) for every example, got [1, NaN] for "a"'],
])('refuses lists of labels: %s', (_, labels, message) => {
  const examples = labels.map((label, i) => ({ text: 'ab'[i]!, label }));
  expect(() => batchSource(examples, tokenizer, { batchSize: 2 })).toThrow(message);
});

it.each([
  [1, 128, 8],
  [8, 128, 8],
  [9, 128, 16],
  [57, 128, 64],
  [65, 128, 80],
  [80, 128, 80],
  [128, 128, 128],
  [97, 100, 100],
  [20, 20, 20],
])('pads %i pieces, of %i at most, to %i', (longest, maxLength, padded) => {
  expect(bucketLength(longest, maxLength)).toBe(padded);
});

it('cuts texts to the greatest length', async () => {
  const [batch] = await read(sourceOf({ maxLength: 10 }, [sized(40, 0)]), 0);
  expect(rows(batch as Batch).slice(0, 2)).toEqual([
    [2, ...new Array<number>(8).fill(4), 3],
    new Array(10).fill(1),
  ]);
});

describe('order', () => {
  it('is the examples’ own without shuffling', async () => {
    const source = sourceOf({ shuffle: false });
    expect(labelsOf(await read(source, 0))).toEqual(EXAMPLES.map(({ label }) => label));
    expect(labelsOf(await read(source, 7))).toEqual(EXAMPLES.map(({ label }) => label));
  });

  it('has every example once in each epoch, whatever the sizes', async () => {
    const sizes = fc.record({
      examples: fc.integer({ min: 1, max: 230 }),
      batchSize: fc.integer({ min: 1, max: 240 }),
    });
    await fc.assert(
      fc.asyncProperty(sizes, fc.integer({ min: 0, max: 9 }), async ({ examples, batchSize }, epoch) => {
        const source = sourceOf({ batchSize }, EXAMPLES.slice(0, examples));
        const batches = await read(source, epoch);
        expect(batches).toHaveLength(source.batchesPerEpoch);
        expect(batches.reduce((sum, { size }) => sum + size, 0)).toBe(source.examples);
        expect(new Set(labelsOf(batches)).size).toBe(examples);
      }),
      { seed: 1, numRuns: 30 },
    );
  });

  it('is a function of seed and epoch', async () => {
    const order = async (seed: number, epoch: number) => labelsOf(await read(sourceOf({ seed }), epoch));
    const first = await order(1, 0);
    expect(await order(1, 0)).toEqual(first);
    expect(await order(1, 1)).not.toEqual(first);
    expect(await order(2, 0)).not.toEqual(first);
  });

  it('is the same for an epoch that was asked for again, or before another', async () => {
    const source = sourceOf();
    const third = labelsOf(await read(source, 3));
    await read(source, 0);
    expect(labelsOf(await read(source, 3))).toEqual(third);
  });

  it('goes on at any batch exactly as if never stopped', async () => {
    for (const shuffle of [true, false]) {
      const whole = await read(sourceOf({ shuffle }), 2);
      for (const from of [0, 1, 57, 114, 115]) {
        expect(await read(sourceOf({ shuffle }), 2, from)).toEqual(whole.slice(from));
      }
    }
  });

  it('draws a sample of all lengths, each example as likely as any other, of which any beginning is spread too', async () => {
    const sample = async (examples: number, seed = 1) =>
      sampleBatches(sourceOf({ batchSize: 4, seed }), examples);
    const [sampled, all] = [await sample(64), await sample(1e9)];
    expect(sampled.map(({ size }) => size)).toEqual(new Array(16).fill(4));
    expect(await sample(64)).toEqual(sampled);
    expect(labelsOf(await sample(64, 2))).not.toEqual(labelsOf(sampled));
    expect(new Set(labelsOf(sampled)).size).toBe(64);
    expect(new Set(labelsOf(all)).size).toBe(EXAMPLES.length);
    expect(await sample(0)).toEqual([]);
    const times = (batches: readonly Batch[]) => batches.map(({ xs }) => xs[0]!.shape[1] as number);
    const half = times(sampled.slice(0, 8)).sort((a, b) => a - b);
    const rest = times(sampled.slice(8)).sort((a, b) => a - b);
    half.forEach((time, i) => expect(time).toBeLessThanOrEqual(rest[i]!)); // every second one, of all by length
    half.slice(1).forEach((time, i) => expect(time).toBeGreaterThanOrEqual(rest[i]!));
    const drawn = await Promise.all(Array.from({ length: 200 }, (_, seed) => sample(23, seed)));
    const counts = EXAMPLES.map(({ label }) => drawn.filter((each) => labelsOf(each).includes(label)).length);
    const expected = (200 * 23) / EXAMPLES.length; // of each; binomial, standard deviation 4.2
    expect(Math.max(...counts.map((count) => Math.abs(count - expected)))).toBeLessThan(18);
  });

  it('brings examples of like length together, among 50 batches, and mixes short and long batches', async () => {
    const batches = await read(sourceOf({ batchSize: 4 }), 0); // 58 batches, 50 of them sorted together
    const spread = batches.map(({ xs, size }) => {
      const mask = xs[1]!;
      const time = mask.shape[1] as number;
      const lengths = Array.from(
        { length: size },
        (_, i) => [...mask.data].slice(i * time, (i + 1) * time).filter((one) => one === 1).length,
      );
      return Math.max(...lengths) - Math.min(...lengths);
    });
    expect(spread.filter((pieces) => pieces <= 4).length).toBeGreaterThanOrEqual(48);
    const times = batches.map(timeOf);
    const longer = times.filter((time, i) => i > 0 && time > (times[i - 1] as number)).length;
    const shorter = times.filter((time, i) => i > 0 && time < (times[i - 1] as number)).length;
    expect(Math.min(longer, shorter)).toBeGreaterThan(15);
  });
});

it('encodes every text once, and none before the first batch', async () => {
  let calls = 0;
  const counting: Tokenizer = {
    ...tokenizer,
    encode: (...args) => (calls++, tokenizer.encode(...args)),
  };
  const source = batchSource(EXAMPLES, counting, { batchSize: 8 });
  expect([source.batchesPerEpoch, calls]).toEqual([29, 0]);
  await read(source, 0);
  await read(source, 1);
  expect(calls).toBe(EXAMPLES.length);
});

it('streams through tf.data', async () => {
  const source = sourceOf();
  const whole = await asDataset(source, 4).toArray();
  expect(whole).toEqual(await read(source, 4));
  const streamed = await asDataset(source, 4).skip(2).take(3).prefetch(2).toArray();
  expect(streamed).toEqual(whole.slice(2, 5));
});

it.each<[string, Example[], Partial<BatchSourceOptions>, string]>([
  ['no examples', [], {}, 'at least one example'],
  ['half a batch', EXAMPLES, { batchSize: 0.5 }, 'batchSize of at least 1 example, got 0.5'],
  ['a length without room', EXAMPLES, { maxLength: 2 }, 'maxLength of at least 3 pieces'],
  ['a class that is no number from 0', [{ text: 'b', label: -1 }], {}, 'got -1 for "b"'],
  ['half a class', [{ text: 'b', label: 0.5 }], {}, 'class numbers from 0 as labels, got 0.5'],
  ['no number', [{ text: 'b', label: NaN }], { regression: true }, 'finite labels, got NaN'],
])('refuses %s', (_, examples, options, message) => {
  expect(() => sourceOf(options, examples)).toThrow(UserError);
  expect(() => sourceOf(options, examples)).toThrow(message);
});
