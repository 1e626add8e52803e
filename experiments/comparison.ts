import * as fs from 'node:fs';
import * as path from 'node:path';
import { UserError } from '../lib/core/errors';
import { shown } from './growth';
import { constantName, ExperimentResult, readResult, ResultRow, SummaryRow } from './result';
import { readConfig, RunConfig, Value } from './run-config';
import { halfRange } from './score-table';
import { megabytes, percent, TextTable } from './table';

/** A run as it is compared. */
export interface ComparedRun {
  /** By which the tables call it: names of folders are too long for columns. */
  readonly number: string;
  readonly folder: string;
  readonly config: RunConfig;
  /** Absent where it is not finished. */
  readonly result?: ExperimentResult;
}

/**
 * Reads the runs of folders.
 *
 * @throws UserError for a folder of no run, and one that is given twice.
 */
export function readRuns(folders: readonly string[]): ComparedRun[] {
  const absolute = folders.map((folder) => path.resolve(folder));
  const twice = absolute.find((folder, i) => absolute.indexOf(folder) !== i);
  if (twice !== undefined) throw new UserError(`Expected each run once, got ${twice} twice.`);
  return absolute.map((folder, i) => ({ number: String(i + 1), folder, ...readRun(folder) }));
}

function readRun(folder: string): Pick<ComparedRun, 'config' | 'result'> {
  const config = fs.existsSync(path.join(folder, 'config.json')) ? readConfig(folder) : undefined;
  if (!config)
    throw new UserError(`Expected the folder of a run, got ${folder}, which has no config.json of one.`);
  const result = path.join(folder, 'result.json');
  return { config, ...(fs.existsSync(result) ? { result: readResult(result) } : {}) };
}

/** Which run has which number. */
export const runsTable = (runs: readonly ComparedRun[]): TextTable => ({
  columns: ['run', 'folder'],
  rows: runs.map(({ number, folder }) => [number, path.relative('', folder) || '.']),
});

/** Every method and level of every run, as the mean over its seeds, and what needs no model; metrics that not all runs have are named. */
export function comparisonTable(runs: readonly ComparedRun[]): TextTable {
  const metrics = new Set(runs.flatMap(({ result }) => (result ? [result.metric] : [])));
  const [only] = metrics.size === 1 ? metrics : [];
  const score = (metric: string, text: string) => (only === undefined ? `${metric} ${text}` : text);
  const rowsOf = ({ number, result }: ComparedRun): string[][] =>
    result
      ? [
          ...result.summary.map((row) => [
            number,
            ...cells(row, result),
            score(result.metric, withSpread(row)),
          ]),
          [
            number,
            constantName(result.metric),
            '',
            '',
            '',
            '',
            score(result.metric, result.majority.toFixed(4)),
          ],
        ]
      : [[number, 'not finished', '', '', '', '', '']];
  return {
    columns: ['run', 'method', 'zeros', 'bits', 'MB', 'seeds', only ?? 'score'],
    rows: runs.flatMap(rowsOf),
  };
}

function cells({ method, level, sparsity, n }: SummaryRow, { rows }: ExperimentResult): string[] {
  const group = rows.filter((row) => row.method === method && row.level === level);
  return [
    level ? `${method} ${level}` : method,
    percent(sparsity),
    [...new Set(group.flatMap(({ bits }) => bits ?? []))].join('–'),
    sizeOf(group),
    String(n),
  ];
}

/** Earlier versions did not measure it. */
function sizeOf(group: readonly ResultRow[]): string {
  const sizes = group.flatMap(({ bytes }) => (bytes === undefined ? [] : [bytes]));
  return sizes.length === 0 ? '' : megabytes(sizes.reduce((sum, size) => sum + size, 0) / sizes.length);
}

const withSpread = (row: SummaryRow) =>
  row.n > 1 ? `${row.mean.toFixed(4)} ± ${halfRange(row).toFixed(4)}` : row.mean.toFixed(4);

/** As git shortens it. */
const shortRevision = (revision: string) => revision.replace(/^([0-9a-f]{8})[0-9a-f]+/, '$1');

/** What the runs were told otherwise than each other, and where it was: a row for each option, a column for each run. */
export function differencesTable(runs: readonly ComparedRun[]): TextTable {
  const told = runs.map(({ config: { script, options, environment } }): Readonly<Record<string, Value>> => {
    const { threads, processor, revision } = environment;
    return { script, ...options, threads, processor, revision: shortRevision(revision) };
  });
  const names = [...new Set(told.flatMap(Object.keys))];
  const rows = names.map((name) => [name, ...told.map((options) => shown(options[name]))]);
  return {
    columns: ['', ...runs.map(({ number }) => number)],
    rows: rows.filter(([, ...values]) => new Set(values).size > 1),
  };
}
