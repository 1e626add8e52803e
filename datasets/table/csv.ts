import * as fs from 'node:fs';
import { CsvError, Info, Options, parse } from 'csv-parse';
import { parse as parseNow } from 'csv-parse/sync';
import { UserError } from '../../lib/core/errors';
import { lineAt, LONGEST_ROW } from './lines';
import type { Row, TableReader } from './reader';

/**
 * Text with quotes as RFC 4180 has them (a quoted cell may hold delimiters, line ends and doubled quotes), spaces around cells
 * left out, any line ends, and a quote within an unquoted cell (`a 5" screen`) taken as it is.
 */
const FORMAT = {
  record_delimiter: ['\r\n', '\n', '\r'],
  relax_quotes: true,
  relax_column_count: true,
  skip_empty_lines: true,
  trim: true,
  max_record_size: LONGEST_ROW,
} satisfies Options;

/** In the order in which they are taken when the first line has as many of each. */
const DELIMITERS = [';', ',', '|'];

/**
 * Reads CSV, or TSV: the first line names the columns and shows the delimiter.
 *
 * @param head the beginning of the file, with its first line.
 */
export function csvReader(file: string, head: string): TableReader {
  const delimiter = delimiterOf(head);
  const format = { ...FORMAT, delimiter };
  return {
    columns: firstRow(file, head, format),
    cellsOf: (bytes) => (parseNow(bytes, format) as string[][])[0] ?? [],
    rows: () => rowsOf(file, format),
  };
}

function firstRow(file: string, head: string, format: Options): string[] {
  try {
    return (parseNow(head, { ...format, to: 1 }) as string[][])[0] ?? [];
  } catch (error) {
    throw error instanceof CsvError ? new UserError(`${file}:1: ${sentenceOf(error)}`) : error;
  }
}

function delimiterOf(head: string): string {
  const line = head
    .replace(/"[^"]*"/g, '')
    .trimStart()
    .split(/[\r\n]/)[0] as string;
  if (line.includes('\t')) return '\t';
  const times = DELIMITERS.map((delimiter) => line.split(delimiter).length);
  const most = Math.max(...times);
  return most === 1 ? ',' : (DELIMITERS[times.indexOf(most)] as string);
}

async function* rowsOf(file: string, format: Options): AsyncGenerator<Row> {
  const parser = fs.createReadStream(file).pipe(parse({ ...format, bom: true, info: true }));
  let [offset, columns] = [0, 0];
  try {
    for await (const { info, record } of parser as AsyncIterable<{ info: Info; record: string[] }>) {
      columns ||= record.length; // of the header
      if (record.length !== columns) throw await wrongLength(file, offset, columns, record.length);
      if (offset > 0) yield { offset, length: info.bytes - offset, cells: record };
      offset = info.bytes;
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new UserError(`${file}:${await lineAt(file, offset)}: ${sentenceOf(error)}`);
  }
}

async function wrongLength(file: string, offset: number, columns: number, cells: number): Promise<UserError> {
  return new UserError(
    `${file}:${await lineAt(file, offset)}: expected ${columns} cells, as in the first line, got ${cells}; ` +
      'put a cell that holds the delimiter in quotes.',
  );
}

function sentenceOf({ code }: CsvError): string {
  return code === 'CSV_NON_TRIMABLE_CHAR_AFTER_CLOSING_QUOTE'
    ? 'expected the end of a cell after its closing quote, got more text; write "" for a quote within a quoted cell.'
    : 'expected a closing quote for one that opens in this row, found none; write "" for a quote within a quoted cell.';
}
