// Run by larger-than-heap.test.ts in a process with a small heap: batches of a table, shuffled, from the beginning and resumed.
import { batchSource } from '../../../datasets/batches';
import { tableDataset } from '../../../datasets/table/table-dataset';
import { wordPiece } from '../../../datasets/tokenizer/tokenizer';

async function main(file: string): Promise<void> {
  const before = process.resourceUsage().maxRSS;
  const { train, dev } = await tableDataset(file);
  const digits = '0123456789'.split('');
  const tokenizer = wordPiece([
    '[PAD]',
    '[UNK]',
    '[CLS]',
    '[SEP]',
    ...digits,
    ...digits.map((d) => `##${d}`),
  ]);
  const source = batchSource(train, tokenizer, { batchSize: 8, maxLength: 16, seed: 1 });
  const read = async (from: number, count: number) => {
    const batches: unknown[] = [];
    for await (const batch of source.epoch(0, from)) {
      batches.push(batch);
      if (batches.length === count) break;
    }
    return JSON.stringify(batches);
  };
  const [whole, resumed] = [await read(0, 20), await read(15, 5)];
  const grownBytes = 1024 * (process.resourceUsage().maxRSS - before);
  const result = {
    train: train.length,
    dev: dev.length,
    same: whole.endsWith(resumed.slice(1)),
    grownBytes,
  };
  process.stdout.write(JSON.stringify(result));
}

void main(process.argv[2] as string);
