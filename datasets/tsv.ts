import * as fs from 'node:fs';
import { UserError } from '../lib/core/errors';
import type { Example } from './dataset';

/** How GLUE writes a task's examples: a row per line, tabs between the fields, and quotes that mean nothing. */
export interface TsvFormat {
  /** Names of the fields of a row, in their order. */
  readonly columns: readonly string[];
  /** Whether the first line names the columns. */
  readonly header: boolean;
  /** The column of the text, of the second text where there is one, and of the label. */
  readonly text: string;
  readonly pair?: string;
  readonly label: string;
  /** What is written for class 0, 1, …; absent where labels are numbers (a regression). */
  readonly classes?: readonly string[];
}

/**
 * Reads the examples of a TSV file, at most the first `limit`. A byte-order mark and Windows line ends are understood.
 *
 * @throws UserError if there is no such file, or for the first line that is not as the format says, by its number.
 */
export function readTsv(file: string, format: TsvFormat, limit = Infinity): Example[] {
  if (!fs.existsSync(file)) {
    throw new UserError(
      `Expected the file ${file}, found none; give the folder that has GLUE's own files (gluebenchmark.com/tasks).`,
    );
  }
  return parseTsv(fs.readFileSync(file, 'utf8'), format, { name: file, limit });
}

/** Options of {@link parseTsv}. */
export interface ParseTsvOptions {
  /** What error messages call the text; "TSV" by default. */
  readonly name?: string;
  /** Examples to read; all by default. */
  readonly limit?: number;
}

/** The examples of a text in such a format, as {@link readTsv} reads them. */
export function parseTsv(
  content: string,
  format: TsvFormat,
  { name = 'TSV', limit = Infinity }: ParseTsvOptions = {},
): Example[] {
  const lines = content.replace(/^\uFEFF/, '').split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  const first = format.header ? 1 : 0;
  if (format.header) checkHeader(lines[0] ?? '', format, name);
  const parse = rowParser(format);
  const rows = lines.slice(first, first + limit);
  if (rows.length === 0) throw new UserError(`Expected at least one row in ${name}, found none.`);
  return rows.map((row, i) => parse(row, `${name}:${first + i + 1}`));
}

function checkHeader(line: string, { columns }: TsvFormat, name: string): void {
  if (line === columns.join('\t')) return;
  throw new UserError(
    `${name}:1: expected the columns ${columns.join(', ')}, got ${line.split('\t').join(', ')}; is it a file of this task?`,
  );
}

function rowParser({
  columns,
  text,
  pair,
  label,
  classes,
}: TsvFormat): (row: string, where: string) => Example {
  const [textAt, pairAt, labelAt] = [text, pair, label].map((column) => columns.indexOf(column ?? '')) as [
    number,
    number,
    number,
  ];
  return (row, where) => {
    const fields = row.split('\t');
    if (fields.length !== columns.length) {
      throw new UserError(
        `${where}: expected ${columns.length} fields with tabs between (${columns.join(', ')}), got ${fields.length}.`,
      );
    }
    const example = {
      text: fields[textAt] as string,
      label: parseLabel(fields[labelAt] as string, classes, where),
    };
    return pair === undefined ? example : { ...example, pair: fields[pairAt] as string };
  };
}

function parseLabel(field: string, classes: readonly string[] | undefined, where: string): number {
  const label = classes ? classes.indexOf(field) : field.trim() === '' ? NaN : Number(field);
  if (classes ? label >= 0 : Number.isFinite(label)) return label;
  const expected = classes ? `a label that is ${classes.join(' or ')}` : 'a number as label';
  throw new UserError(`${where}: expected ${expected}, got "${field}".`);
}
