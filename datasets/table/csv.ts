import * as fs from 'node:fs';
import { CsvError, InfoRecord, Options, parse } from 'csv-parse';
import { parse as parseNow } from 'csv-parse/sync';
import { UserError } from '../../lib/core/errors';
import { lineAt, LONGEST_ROW } from './lines';
import { Quoting, readBytes, Row, TableReader } from './rows';

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

/** A quoted cell, from its beginning. */
const QUOTED = /((?:^|[\t;,|\r\n]) *)"(?:[^"]|"")*"/g;

/** In the order in which they are taken when the first line has as many of each. */
const DELIMITERS = [';', ',', '|'];

/**
 * Reads CSV, or TSV: the first line names the columns and shows the delimiter.
 *
 * @param head the beginning of the file, with its first line.
 * @param quoting what quotes mean: around cells by default, except that a TSV in which that is in doubt is refused.
 */
export function csvReader(file: string, head: string, quoting?: Quoting): TableReader {
  const delimiter = delimiterOf(quoting === 'none' ? head.replaceAll('"', "'") : head);
  const format = { ...FORMAT, delimiter, quote: quoting === 'none' ? null : '"' };
  const isDoubtful = quoting === undefined && delimiter === '\t' && !head.trimStart().startsWith('"');
  return {
    columns: firstRow(file, head, format),
    cellsOf: (bytes) => (parseNow(bytes, format) as string[][])[0] ?? [],
    rows: () => (isDoubtful ? withoutDoubt(file, rowsOf(file, format)) : rowsOf(file, format)),
  };
}

/**
 * The rows of a TSV whose header has no quotes, so that they may mean nothing in it at all: a text may begin with one, and a
 * later row end with another.
 *
 * @throws UserError for quotes around what are as many rows as it has lines.
 */
async function* withoutDoubt(file: string, rows: AsyncIterable<Row>): AsyncGenerator<Row> {
  for await (const row of rows) {
    if (row.cells.some((cell) => /[\r\n]/.test(String(cell)))) await expectOneRow(file, row);
    yield row;
  }
}

async function expectOneRow(file: string, { offset, length, cells }: Row): Promise<void> {
  const text = readBytes(file, offset, length).toString('utf8').trim();
  const lines = text.split(/\r\n|\n|\r/);
  if (lines.some((line) => line.split('\t').length !== cells.length)) return;
  throw new UserError(
    `${file}:${await lineAt(file, offset)}: expected a row on a line of its own, got ${lines.length} lines between two quotes which would ` +
      "be rows without them; `quoting` 'none' reads quotes as they are, and 'quoted' takes the lines as one row.",
  );
}

function firstRow(file: string, head: string, format: Options): string[] {
  try {
    return (parseNow(head, { ...format, to: 1 }) as string[][])[0] ?? [];
  } catch (error) {
    throw isCsvError(error) ? misquoted(error, `${file}:1`) : error;
  }
}

function delimiterOf(head: string): string {
  const line = head
    .replace(QUOTED, '$1')
    .replace(/^[ \r\n]+/, '')
    .split(/[\r\n]/)[0] as string;
  if (line.includes('\t')) return '\t';
  const times = DELIMITERS.map((delimiter) => line.split(delimiter).length);
  const most = Math.max(...times);
  return most === 1 ? ',' : (DELIMITERS[times.indexOf(most)] as string);
}

async function* rowsOf(file: string, format: Options): AsyncGenerator<Row> {
  let parsed = 0; // bytes of the rows that came out well: an error overtakes those that wait in the stream
  const onRecord = (record: string[], { bytes }: InfoRecord) => ((parsed = bytes), record);
  const parser = fs
    .createReadStream(file)
    .pipe(parse({ ...format, bom: true, info: true, on_record: onRecord }));
  let [offset, columns] = [0, 0];
  try {
    for await (const { info, record } of parser as AsyncIterable<{ info: InfoRecord; record: string[] }>) {
      columns ||= record.length; // of the header
      if (record.length !== columns) throw await wrongLength(file, offset, columns, record.length);
      if (offset > 0) yield { offset, length: info.bytes - offset, cells: record };
      offset = info.bytes;
    }
  } catch (error) {
    throw isCsvError(error) ? misquoted(error, `${file}:${await lineAt(file, parsed)}`) : error;
  }
}

async function wrongLength(file: string, offset: number, columns: number, cells: number): Promise<UserError> {
  const hint = cells < columns ? 'one is missing' : 'put a cell that holds the delimiter in quotes';
  return new UserError(
    `${file}:${await lineAt(file, offset)}: expected ${columns} cells, as in the first line, got ${cells}; ${hint}.`,
  );
}

/** By its code: the package has the class twice. */
function isCsvError(error: unknown): error is CsvError {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('CSV_');
}

function misquoted({ code }: CsvError, where: string): UserError {
  const expected =
    {
      CSV_NON_TRIMABLE_CHAR_AFTER_CLOSING_QUOTE: 'the end of a cell after its closing quote, got more text',
      CSV_MAX_RECORD_SIZE: 'a row of at most 4 MiB, got a longer one, as where a quote is never closed',
    }[String(code)] ?? 'a closing quote for one that opens in this row, found none';
  return new UserError(
    `${where}: expected ${expected}; write "" for a quote within a quoted cell, or give \`quoting\` 'none' where quotes mean nothing.`,
  );
}
