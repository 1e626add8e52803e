import * as fs from 'node:fs';
import { UserError } from '../../lib/core/errors';
import { csvReader } from './csv';
import { jsonLinesReader } from './json-lines';

/** What stands in a cell: nothing where a row of JSON Lines lacks the column, or has a list or an object there. */
export type Cell = string | undefined;

/** A row and where it stands. */
export interface Row {
  /** Bytes of the file before it, or before blank lines before it. */
  readonly offset: number;
  /** Its bytes, with its line end. */
  readonly length: number;
  /** In the order of the columns. */
  readonly cells: readonly Cell[];
}

/** A file of rows, in one of the formats. */
export interface TableReader {
  readonly columns: readonly string[];
  /** All rows in their order, of which a few are in memory. */
  rows(): AsyncIterable<Row>;
  /** The cells of one row, from its bytes. */
  cellsOf(bytes: Buffer): readonly Cell[];
}

const HEAD_BYTES = 2 ** 16;

/**
 * Opens a table, and tells by its name and its beginning what it is: JSON Lines (`.jsonl`, `.ndjson`, `.json`, or a file that begins
 * with `{`), or CSV with whichever delimiter its first line has.
 *
 * @throws UserError if there is no such file, or it is empty or not UTF-8 text.
 */
export function tableReader(file: string): TableReader {
  const head = headOf(file);
  const text = head.toString('utf8').replace(/^\uFEFF/, '');
  if (text.trim() === '') {
    throw new UserError(
      `${file}:1: expected a line that names the columns and rows below it, found nothing.`,
    );
  }
  const isJson = /\.(jsonl|ndjson|json)$/i.test(file) || text.trimStart().startsWith('{');
  return isJson ? jsonLinesReader(file, head) : csvReader(file, text);
}

function headOf(file: string): Buffer {
  if (!fs.statSync(file, { throwIfNoEntry: false })?.isFile()) {
    throw new UserError(`Expected the file ${file}, found none; give a CSV, TSV or JSON Lines file.`);
  }
  const head = readBytes(file, 0, HEAD_BYTES);
  if (!head.includes(0)) return head;
  throw new UserError(
    `Expected UTF-8 text in ${file}, got UTF-16 or a binary file; save it as "CSV UTF-8" (an .xlsx or .gz file is no CSV).`,
  );
}

/** At most `length` bytes of a file. */
export function readBytes(file: string, offset: number, length: number): Buffer {
  const descriptor = fs.openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(length);
    return bytes.subarray(0, fs.readSync(descriptor, bytes, 0, length, offset));
  } finally {
    fs.closeSync(descriptor);
  }
}
