import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { temporaryFiles } from './files';

const HEAP_MEGABYTES = 64;
const files = temporaryFiles();
afterAll(() => files.remove());

/** Twice as many bytes of text as the heap may have. */
function largeTable(rows: number): string {
  const file = files.write('large.csv', 'text,label\n');
  const text = 'so many words\n'.repeat((2 * HEAP_MEGABYTES * 2 ** 20) / rows / 14);
  for (let first = 0; first < rows; first += 1000) {
    const lines = Array.from({ length: 1000 }, (_, i) => `"${first + i} ${text}",${i % 3}\n`);
    fs.appendFileSync(file, lines.join(''));
  }
  return file;
}

test('a table larger than the heap is batched at random, resumable, with little memory', () => {
  const file = largeTable(20_000);
  const program = path.join(__dirname, 'larger-than-heap.ts');
  const register = require.resolve('ts-node/register/transpile-only');
  const printed = execFileSync(
    process.execPath,
    [`--max-old-space-size=${HEAP_MEGABYTES}`, '-r', register, program, file],
    { encoding: 'utf8' },
  );
  const { grownBytes, ...result } = JSON.parse(printed) as Record<string, number>;
  expect(result).toEqual({ train: 18_000, dev: 2_000, same: true });
  expect(fs.statSync(file).size).toBeGreaterThan(HEAP_MEGABYTES * 2 ** 20);
  expect(grownBytes).toBeLessThan(fs.statSync(file).size / 2);
}, 120_000);
