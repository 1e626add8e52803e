import * as path from 'node:path';
import { UserError } from '../lib/core/errors';

/** What a cell holds; nothing is an empty cell, or null. */
export type Value = string | number | readonly string[] | undefined;

/** How rows are written as lines of text. */
export interface RowFormat {
  /** The first line, where the format has one that names the columns. */
  header(columns: readonly string[]): string;
  row(columns: readonly string[], values: readonly Value[]): string;
}

/** As RFC 4180 has it; a list of names is a cell of JSON. */
function delimited(delimiter: string): RowFormat {
  const quoted = (text: string) =>
    /[",;|\t\r\n]|^\s|\s$/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
  const cell = (value: Value) =>
    quoted(typeof value === 'object' ? JSON.stringify(value) : String(value ?? ''));
  const line = (values: readonly Value[]) => `${values.map(cell).join(delimiter)}\n`;
  return { header: line, row: (_, values) => line(values) };
}

const jsonLines: RowFormat = {
  header: () => '',
  row: (columns, values) =>
    `${JSON.stringify(Object.fromEntries(columns.map((column, i) => [column, values[i] ?? null])))}\n`,
};

const FORMATS: Readonly<Record<string, RowFormat>> = {
  '.csv': delimited(','),
  '.tsv': delimited('\t'),
  '.jsonl': jsonLines,
};

/** The format of a file by its name; CSV for the standard output. @throws UserError for a name that ends otherwise. */
export function rowFormatOf(file: string | undefined): RowFormat {
  const format = FORMATS[file === undefined ? '.csv' : path.extname(file).toLowerCase()];
  if (format) return format;
  throw new UserError(`Expected --out to end with ${Object.keys(FORMATS).join(', ')}, got ${file}.`);
}
