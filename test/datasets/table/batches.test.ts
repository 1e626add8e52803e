import { asDataset, Batch, BatchSource } from '../../../datasets/batch';
import { batchSource } from '../../../datasets/batches';
import type { StoredExamples } from '../../../datasets/dataset';
import { tableDataset } from '../../../datasets/table/table-dataset';
import { wordPiece } from '../../../datasets/tokenizer/tokenizer';
import { temporaryFiles } from './files';

const ROWS = 220;
const tokenizer = wordPiece(['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'a']);
const files = temporaryFiles();
afterAll(() => files.remove());

let train: StoredExamples;
beforeAll(async () => {
  const rows = Array.from({ length: ROWS }, (_, i) => `"${'a '.repeat(1 + (i % 20))}\n",${i}.5`);
  const file = files.write('a.csv', ['text,label', ...rows].join('\n'));
  ({ train } = await tableDataset(file, { devFile: file, regression: true }));
});

async function read(source: BatchSource, epoch: number, from = 0): Promise<Batch[]> {
  const batches: Batch[] = [];
  for await (const batch of source.epoch(epoch, from)) batches.push(batch);
  return batches;
}

const options = { batchSize: 4, seed: 1, regression: true };
const labels = (batches: readonly Batch[]) => batches.flatMap(({ ys }) => [...ys.data]);

it('gives the same batches as examples in memory', async () => {
  const fromFile = batchSource(train, tokenizer, { ...options, shuffle: false });
  const inMemory = batchSource([...train], tokenizer, { ...options, shuffle: false });
  const batches = await read(fromFile, 0);
  expect(batches).toEqual(await read(inMemory, 0));
  expect(labels(batches)).toEqual(Array.from({ length: ROWS }, (_, i) => i + 0.5));
});

it('has every row once in an epoch, in another order in each, rows of like length together', async () => {
  const source = batchSource(train, tokenizer, options);
  const [first, second] = [await read(source, 0), await read(source, 1)];
  for (const epoch of [first, second]) expect(new Set(labels(epoch)).size).toBe(ROWS);
  expect(labels(second)).not.toEqual(labels(first));
  const steps = first.map(({ ys }) => {
    const lengths = [...ys.data].map((label) => Math.floor(label) % 20);
    return Math.max(...lengths) - Math.min(...lengths);
  });
  expect(steps.filter((step) => step <= 2).length).toBeGreaterThan(50); // of 55 batches
});

it('goes on at any batch exactly as if never stopped, and streams through tf.data', async () => {
  const whole = await read(batchSource(train, tokenizer, options), 3);
  for (const from of [1, 30, 55]) {
    expect(await read(batchSource(train, tokenizer, options), 3, from)).toEqual(whole.slice(from));
  }
  const streamed = asDataset(batchSource(train, tokenizer, options), 3)
    .skip(2)
    .take(3);
  expect(await streamed.toArray()).toEqual(whole.slice(2, 5));
});
