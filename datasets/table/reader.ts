import * as fs from 'node:fs';
import { UserError } from '../../lib/core/errors';
import { csvReader } from './csv';
import { jsonLinesReader } from './json-lines';
import { LONGEST_ROW } from './lines';
import { describeOther, Quoting, readBytes, TableReader } from './rows';

/** A table's columns are told by its first row, and whether it is text by less. */
const [HEAD_BYTES, TOLD_BYTES] = [LONGEST_ROW, 2 ** 16];

/**
 * Opens a table, and tells by its name and its beginning what it is: JSON Lines (`.jsonl`, `.ndjson`, `.json`, or a file that begins
 * with `{`), or CSV with whichever delimiter its first line has.
 *
 * @param quoting what quotes mean; by default as told by the file.
 * @throws UserError if there is no such file, or it is empty or not UTF-8 text.
 */
export function tableReader(file: string, quoting?: Quoting): TableReader {
  const head = headOf(file);
  const text = head.toString('utf8').replace(/^\uFEFF/, '');
  if (text.trim() === '') {
    throw new UserError(
      `${file}:1: expected a line that names the columns and rows below it, found nothing.`,
    );
  }
  const isJson = /\.(jsonl|ndjson|json)$/i.test(file) || text.trimStart().startsWith('{');
  return isJson ? jsonLinesReader(file, head) : csvReader(file, text, quoting);
}

function headOf(file: string): Buffer {
  const found = fs.statSync(file, { throwIfNoEntry: false });
  if (!found?.isFile()) {
    throw new UserError(
      `Expected the file ${file}, found ${describeOther(found)}; give a CSV, TSV or JSON Lines file.`,
    );
  }
  const head = readBytes(file, 0, HEAD_BYTES);
  if (!head.subarray(0, TOLD_BYTES).includes(0)) return head;
  throw new UserError(
    `Expected UTF-8 text in ${file}, got UTF-16 or a binary file; save it as "CSV UTF-8" (an .xlsx or .gz file is no CSV).`,
  );
}
