/**
 * `ts-node bench/tokenizer.ts`: sentences per second of WordPiece and of Python's tokenizers, on the same sentences, in turns.
 * Every turn starts with a fresh tokenizer, which has seen no word yet.
 */
import { execFileSync } from 'node:child_process';
import * as path from 'node:path';
import { Command } from 'commander';
import { median } from 'simple-statistics';
import { readGlue } from '../datasets/glue';
import { tokenizerOf } from '../datasets/tokenizer/tokenizer-of';
import { readTokenizer } from '../lib/export/hugging-face/tokenizer';
import { formatTable } from '../experiments/table';

interface BenchOptions {
  readonly dataDir: string;
  readonly model: string;
  readonly python: string;
  readonly rounds: string;
}

const MAX_LENGTH = 128;

function main({ dataDir, model, python, rounds }: BenchOptions): void {
  const sentences = readGlue('sst2', dataDir).train.map(({ text }) => text);
  const turns = Array.from({ length: Number(rounds) }, () => ({
    'Whittle, one thread': timeOwn(sentences, model),
    ...timePython(sentences, model, python),
  }));
  const rows = Object.keys(turns[0] ?? {}).map((name) => {
    const seconds = turns.map((turn) => (turn as Record<string, number>)[name] ?? NaN);
    return [name, Math.round(sentences.length / median(seconds)).toString()];
  });
  console.log(`${sentences.length} sentences of SST-2, median of ${rounds} turns`);
  console.log(formatTable({ columns: ['tokenizer', 'sentences per second'], rows }));
}

function timeOwn(sentences: readonly string[], model: string): number {
  const tokenizer = tokenizerOf(readTokenizer(model));
  const start = performance.now();
  for (const sentence of sentences) tokenizer.encode(sentence, undefined, MAX_LENGTH);
  return (performance.now() - start) / 1000;
}

/** Seconds by name. */
function timePython(sentences: readonly string[], model: string, python: string): Record<string, number> {
  const job = { sentences, model: path.resolve(model), maxLength: MAX_LENGTH };
  const options = { input: JSON.stringify(job), encoding: 'utf8' } as const;
  return JSON.parse(execFileSync(python, [path.join(__dirname, 'tokenizer_worker.py')], options)) as Record<
    string,
    number
  >;
}

main(
  new Command('bench/tokenizer')
    .description("Times WordPiece against Python's tokenizers on this machine.")
    .requiredOption('--data-dir <folder>', 'folder of GLUE folders, for SST-2')
    .requiredOption('--model <folder>', 'Hugging Face folder of a BERT, or one with its vocab.txt')
    .option('--python <file>', 'Python with tokenizers; npm run test:peers makes it', '.venv/bin/python')
    .option('--rounds <n>', 'turns of each', '5')
    .parse()
    .opts<BenchOptions>(),
);
