import { UserError } from '../../lib/core/errors';
import { lineAt, linesOf, LONGEST_ROW, tooLong } from './lines';
import type { Cell, Row, TableReader } from './rows';

/**
 * Reads JSON Lines (jsonlines.org): an object on every line that is not blank. The first one has the columns.
 *
 * @param head the beginning of the file, with its first object.
 */
export function jsonLinesReader(file: string, head: Buffer): TableReader {
  const text = head.toString('utf8').trimStart();
  if (head.length >= LONGEST_ROW && !text.includes('\n')) throw tooLong(file, 1);
  const first = text.split('\n')[0] as string;
  const columns = Object.keys(parseObject(first) ?? noObject(file, 1));
  const cellsOf = (bytes: Buffer) => cellsIn(parseObject(bytes.toString('utf8')), columns) ?? [];
  return { columns, cellsOf, rows: () => rowsOf(file, columns) };
}

async function* rowsOf(file: string, columns: readonly string[]): AsyncGenerator<Row> {
  for await (const { offset, bytes } of linesOf(file)) {
    const text = bytes.toString('utf8');
    if (text.trim() === '') continue;
    const cells = cellsIn(parseObject(text), columns) ?? noObject(file, await lineAt(file, offset));
    yield { offset, length: bytes.length, cells };
  }
}

type Json = Readonly<Record<string, unknown>>;

function parseObject(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(withNumbersAsText(text.replace(/^\uFEFF/, '')));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
  } catch {
    return undefined;
  }
}

/** Numbers that are more than JavaScript's have room for, of many digits or a large exponent. */
const LARGE = /\d{16}|\d[.\d]{16}|[eE]\+?\d{3}/;
const STRING_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g;

/** JSON whose large numbers are strings, as they are written: labels that differ stay apart. */
function withNumbersAsText(text: string): string {
  if (!LARGE.test(text)) return text;
  return text.replace(STRING_OR_NUMBER, (part) => (part[0] !== '"' && LARGE.test(part) ? `"${part}"` : part));
}

function cellsIn(row: Json | undefined, columns: readonly string[]): Cell[] | undefined {
  return row && columns.map((column) => cell(row[column]));
}

function cell(value: unknown): Cell {
  if (!Array.isArray(value)) return scalar(value);
  const items = value.map(scalar).filter((item) => item !== undefined);
  return items.length === value.length ? items : undefined;
}

function scalar(value: unknown): string | undefined {
  if (typeof value === 'string') return value.trim();
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

function noObject(file: string, line: number): never {
  throw new UserError(
    `${file}:${line}: expected a JSON object on a line of its own, such as {"text": "fine", "label": "good"}.`,
  );
}
