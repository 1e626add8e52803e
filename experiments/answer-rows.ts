import * as fs from 'node:fs';
import { UserError } from '../lib/core/errors';
import { appendAtomically } from '../lib/core/atomic-file';
import type { LoadedHuggingFace } from '../lib/export/hugging-face/folder';
import { answerColumns } from './answer-columns';
import { expectNumbers, outputsOf, outputsOfRow } from './answers';
import { rowFormatOf } from './row-file';
import type { TextRow, TextRows } from './text-rows';

/** How many rows are answered at once, and how many characters they have at most but for the last. */
const CHUNK = { rows: 4096, characters: 2 ** 22 };

export interface AnswerRowsOptions {
  /** The model's folder, in errors. */
  readonly model: string;
  /** `.csv`, `.tsv` or `.jsonl`; CSV on the standard output by default. */
  readonly out?: string;
  readonly maxLength?: number;
}

/**
 * Answers rows by the thousand, and writes each with its answers behind its own cells. A file is there when all are answered, or not at all.
 *
 * @returns how many rows.
 * @throws UserError for a file that is there already, for no rows, for a column that is called as one of answers, and what is no number.
 */
export async function answerRows(
  loaded: LoadedHuggingFace,
  { columns, rows }: TextRows,
  { model, out, maxLength }: AnswerRowsOptions,
): Promise<number> {
  const format = rowFormatOf(out);
  const answers = answerColumns({ problem: loaded.config.problem, labels: loaded.labels });
  const all = [...columns, ...answers.names];
  expectDistinct(all);
  expectFree(out);
  let count = 0;
  await writer(out)(async (append) => {
    for await (const chunk of chunksOf(rows())) {
      const outputs = await outputsOf(loaded, chunk, maxLength);
      expectNumbers(outputs, model, count);
      const lines = chunk.map(({ cells }, i) => {
        const own = columns.map((_, column) => cells[column]);
        return format.row(all, [...own, ...answers.values(outputsOfRow(outputs, i))]);
      });
      append(`${count === 0 ? format.header(all) : ''}${lines.join('')}`);
      count += chunk.length;
    }
    if (count === 0) throw new UserError('Expected texts to answer, found none.');
  });
  return count;
}

type Append = (text: string) => void;

const writer =
  (out: string | undefined) =>
  (fill: (append: Append) => Promise<void>): Promise<void> =>
    out === undefined ? fill((text) => void process.stdout.write(text)) : appendAtomically(out, fill);

/** Rows in lists of bounded size. */
async function* chunksOf(rows: AsyncIterable<TextRow>): AsyncGenerator<TextRow[]> {
  let [chunk, characters]: [TextRow[], number] = [[], 0];
  for await (const row of rows) {
    chunk.push(row);
    characters += row.text.length + (row.pair?.length ?? 0);
    if (chunk.length < CHUNK.rows && characters < CHUNK.characters) continue;
    yield chunk;
    [chunk, characters] = [[], 0];
  }
  if (chunk.length > 0) yield chunk;
}

function expectDistinct(columns: readonly string[]): void {
  const twice = columns.find((column, i) => columns.indexOf(column) < i);
  if (twice === undefined) return;
  throw new UserError(
    `Expected columns of different names beside the answers', got "${twice}" twice; rename it in the file.`,
  );
}

function expectFree(out: string | undefined): void {
  if (out === undefined || !fs.existsSync(out)) return;
  throw new UserError(`Expected a new file at --out, but ${out} is there; move it away or choose another.`);
}
