import Table from 'cli-table3';
import { printable } from '../lib/core/printable';
import { constantName, ExperimentResult, SummaryRow } from './result';

/** Columns of the terminal that everything printed must fit. */
const TERMINAL_WIDTH = 80;
const GAP = '  ';
const MIN_COLUMN = 6;
const NUMBER = /^[-+−]?[\d.,–]+( ?\S{1,3})?$/;

/** A header and rows of text, as the terminal and the report show them. */
export interface TextTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/**
 * Lays a table out for the terminal, without colours, and without what a terminal would obey: columns of numbers to the right, a rule under the header, and
 * where the natural width is over `width` characters the widest columns wrap between words.
 */
export function formatTable(table: TextTable, width = TERMINAL_WIDTH): string {
  const columns = table.columns.map(printable);
  const rows = table.rows.map((row) => row.map(printable));
  const natural = naturalWidths({ columns, rows });
  const laidOut = new Table({
    head: [...columns],
    colWidths: fitWidths(natural, width),
    colAligns: numericColumns({ columns, rows }).map((numeric) => (numeric ? 'right' : 'left')),
    wordWrap: true,
    style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': 0 },
    chars: {
      ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '' },
      ...{ bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
      ...{ left: '', 'left-mid': '', right: '', 'right-mid': '' },
      ...{ mid: '─', 'mid-mid': '──', middle: GAP },
    },
  });
  laidOut.push(...rows.map((row) => [...row]));
  return laidOut.toString().replace(/ +$/gm, '');
}

/**
 * A table of many columns as several, of about as many columns each, that fit `width` characters; each has the first column. That one takes
 * at most half of the width: where it is wider, it wraps.
 */
export function splitColumns({ columns, rows }: TextTable, width = TERMINAL_WIDTH): TextTable[] {
  const [first = 0, ...others] = naturalWidths({ columns, rows });
  const room = width - Math.min(first, width / 2);
  const most = Math.max(Math.floor(room / (Math.max(...others, 0) + GAP.length)), 1);
  const parts = Math.max(Math.ceil(others.length / most), 1);
  const size = Math.ceil(others.length / parts);
  return Array.from({ length: parts }, (_, part) => {
    const pick = (cells: readonly string[]) => [
      cells[0]!,
      ...cells.slice(1 + part * size, 1 + (part + 1) * size),
    ];
    return { columns: pick(columns), rows: rows.map(pick) };
  });
}

const naturalWidths = ({ columns, rows }: TextTable): number[] =>
  columns.map((name, i) => Math.max(name.length, ...rows.map((row) => row[i]!.length)));

/** Takes characters from the widest column until the columns and the gaps fit. */
function fitWidths(natural: readonly number[], width: number): number[] {
  const widths = [...natural];
  let excess = widths.reduce((sum, size) => sum + size, GAP.length * (widths.length - 1)) - width;
  for (; excess > 0; excess--) {
    const widest = widths.indexOf(Math.max(...widths));
    if (widths[widest]! <= MIN_COLUMN) break;
    widths[widest]!--;
  }
  return widths;
}

/** Which columns hold only numbers (with a unit, if any) and nothing: those are aligned to the right. */
export function numericColumns({ columns, rows }: TextTable): boolean[] {
  return columns.map((_, i) => rows.every((row) => row[i] === '' || NUMBER.test(row[i]!)));
}

/** A fraction as a percentage with one decimal: `0.789` is `78.9%`. */
export const percent = (fraction: number) => `${(100 * fraction).toFixed(1)}%`;

/** A fraction as a percentage with as many decimals as it has: `0.1` is `10%`, `0.125` is `12.5%`. */
export const shortPercent = (fraction: number) => `${Number((100 * fraction).toPrecision(12))}%`;

/** Bytes in MB, of 10⁶, with two decimals, small ones with four: `23.07`, `0.0031`. */
export const megabytes = (bytes: number) => (bytes / 1e6).toFixed(bytes < 1e5 ? 4 : 2);

/** The summary of an experiment: one row per method and level, and a constant answer to compare with. */
export function summaryTable({ metric, majority, summary }: ExperimentResult): TextTable {
  const withLevels = summary.some(({ level }) => level !== undefined);
  const row = ({ method, level, sparsity, mean, min, max, n }: SummaryRow) => [
    method,
    ...(withLevels ? [level === undefined ? '' : String(level)] : []),
    percent(sparsity),
    mean.toFixed(4),
    min.toFixed(4),
    max.toFixed(4),
    String(n),
  ];
  const majorityRow = [
    constantName(metric),
    ...(withLevels ? [''] : []),
    '',
    majority.toFixed(4),
    '',
    '',
    '',
  ];
  return {
    columns: [
      'method',
      ...(withLevels ? ['level'] : []),
      'sparsity',
      `${metric}, mean`,
      'min',
      'max',
      'seeds',
    ],
    rows: [...summary.map(row), majorityRow],
  };
}
