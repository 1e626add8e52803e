import * as fs from 'node:fs';
import { UserError } from '../lib/core/errors';
import type { Example } from './dataset';

/** How GLUE writes a task's examples: a row per line, tabs between the fields, and quotes that mean nothing. */
export interface TsvFormat {
  /** Names of the fields of a row, where no first line tells them. */
  readonly columns?: readonly string[];
  /** The column of the text, of the second text where there is one, and of the label where the file has labels. */
  readonly text: string;
  readonly pair?: string;
  readonly label?: string;
  /** What is written for class 0, 1, …; absent where labels are numbers (a regression). */
  readonly classes?: readonly string[];
  /**
   * The published file itself is damaged: rows with too few or too many fields are left out and counted, and a text may be empty.
   * Elsewhere both are errors.
   */
  readonly damaged?: boolean;
}

/** What was read of a TSV file. */
export interface TsvRows {
  /** With label 0 where the file has no labels. */
  readonly examples: Example[];
  /** Whole rows of the file, whatever the limit. */
  readonly rows: number;
  /** Rows that were left out because of their number of fields. */
  readonly broken: number;
}

/** Options of {@link parseTsv}. */
export interface ParseTsvOptions {
  /** What error messages call the text; "TSV" by default. */
  readonly name?: string;
  /** Examples to read; all by default. */
  readonly limit?: number;
  /** Which lines are rows of interest; all by default. */
  readonly keep?: (line: string) => boolean;
}

/**
 * Reads the examples of a TSV file, at most the first `limit`. Columns are found by the names in the first line, in any case
 * and order. A byte-order mark and Windows line ends are understood.
 *
 * @throws UserError if there is no such file, or for the first line that is not as the format says, by its number.
 */
export function readTsv(
  file: string,
  format: TsvFormat,
  options: Omit<ParseTsvOptions, 'name'> = {},
): TsvRows {
  if (!fs.existsSync(file)) {
    throw new UserError(
      `Expected the file ${file}, found none; give the folder that has GLUE's own files (gluebenchmark.com/tasks).`,
    );
  }
  return parseTsv(fs.readFileSync(file, 'utf8'), format, { ...options, name: file });
}

/** The examples of a text in such a format, as {@link readTsv} reads them. */
export function parseTsv(
  content: string,
  format: TsvFormat,
  { name = 'TSV', limit = Infinity, keep = () => true }: ParseTsvOptions = {},
): TsvRows {
  const lines = content.replace(/^\uFEFF/, '').split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  const first = format.columns ? 0 : 1;
  const columns = format.columns ?? lines[0]?.split('\t') ?? [];
  const places = columnPlaces(columns, format, name);
  const kept = lines
    .slice(first)
    .map((line, i) => ({ line, where: () => `${name}:${first + i + 1}` }))
    .filter(({ line }) => keep(line));
  const whole = format.damaged ? kept.filter(({ line }) => line.split('\t').length === columns.length) : kept;
  if (whole.length === 0) throw new UserError(`Expected at least one row in ${name}, found none.`);
  const examples = whole
    .slice(0, limit)
    .map(({ line, where }) => parseRow(line, { format, columns, places, where }));
  return { examples, rows: whole.length, broken: kept.length - whole.length };
}

/** Where in a row its text, pair and label are; -1 for what the format does not have. */
interface Places {
  readonly text: number;
  readonly pair: number;
  readonly label: number;
}

function columnPlaces(columns: readonly string[], { text, pair, label }: TsvFormat, name: string): Places {
  const known = columns.map((column) => column.toLowerCase());
  const wanted = [text, pair, label].filter((column) => column !== undefined);
  if (wanted.some((column) => !known.includes(column.toLowerCase()))) {
    throw new UserError(
      `${name}:1: expected the columns ${wanted.join(', ')}, got ${columns.join(', ')}; is it a file of this task?`,
    );
  }
  const [textAt, pairAt, labelAt] = [text, pair, label].map((column) =>
    known.indexOf(column?.toLowerCase() ?? ''),
  ) as [number, number, number];
  return { text: textAt, pair: pairAt, label: labelAt };
}

interface RowContext {
  readonly format: TsvFormat;
  readonly columns: readonly string[];
  readonly places: Places;
  /** File and line. */
  readonly where: () => string;
}

function parseRow(line: string, { format, columns, places, where }: RowContext): Example {
  const fields = line.split('\t');
  if (fields.length !== columns.length) {
    throw new UserError(
      `${where()}: expected ${columns.length} fields with tabs between (${columns.join(', ')}), got ${fields.length}.`,
    );
  }
  const textAt = (place: number): string => {
    const text = fields[place]!;
    if (format.damaged || text.trim() !== '') return text;
    throw new UserError(`${where()}: expected a text in the column ${columns[place]}, got an empty one.`);
  };
  const text = textAt(places.text);
  const label = places.label < 0 ? 0 : parseLabel(fields[places.label]!, format.classes, where);
  return places.pair < 0 ? { text, label } : { text, pair: textAt(places.pair), label };
}

function parseLabel(field: string, classes: readonly string[] | undefined, where: () => string): number {
  const label = classes ? classes.indexOf(field) : field.trim() === '' ? NaN : Number(field);
  if (classes ? label >= 0 : Number.isFinite(Math.fround(label))) return label; // kept as a float32
  const expected = classes ? `a label that is ${classes.join(' or ')}` : 'a number as label';
  throw new UserError(`${where()}: expected ${expected}, got "${field}".`);
}
