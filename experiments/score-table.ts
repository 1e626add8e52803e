import type { Footprint } from '../lib/analysis/footprint';
import type { Outcome } from '../trainers/recipes/setup';
import type { ExperimentResult, SummaryRow } from './result';
import { megabytes, percent, TextTable } from './table';

/** A score to compare with that no training made: the majority class, a bag of words. */
export interface Baseline {
  readonly name: string;
  /** By metric. */
  readonly scores: Readonly<Record<string, number>>;
}

/** Half of the distance from the worst to the best seed. */
export const halfRange = ({ min, max }: SummaryRow) => (max - min) / 2;

/** A column: its cells of a method's row, and of a baseline's. */
interface Column {
  readonly name: string;
  readonly of: (row: SummaryRow, group: readonly Outcome[]) => string;
  readonly ofBaseline?: (baseline: Baseline) => string;
}

/**
 * What the terminal shows at the end: for every method and level the mean score ± half the range over the seeds; what its file costs where
 * that was measured, otherwise what is left of the pruning targets and of the whole model, and the size where it differs; and the
 * baselines below. A metric beside the task's own one is shown, as a mean, if the first baseline has a score of it: no score stands alone.
 */
export function scoreTable(
  { metric, summary }: ExperimentResult,
  outcomes: readonly Outcome[],
  baselines: readonly Baseline[],
): TextTable {
  const columns: Column[] = [
    { name: 'method', of: ({ method }) => method, ofBaseline: ({ name }) => name },
    ...(summary.some(({ level }) => level !== undefined) ? [LEVEL] : []),
    ...(outcomes.some(({ footprint }) => footprint) ? COSTS : leftOf(outcomes)),
    { name: metric, of: scoreWithSpread, ofBaseline: ({ scores }) => scores[metric]?.toFixed(4) ?? '' },
    ...Object.keys(baselines[0]?.scores ?? {})
      .filter((name) => name !== metric)
      .map(otherMetric),
    { name: 'seeds', of: ({ n }) => String(n) },
  ];
  const groupOf = ({ method, level }: SummaryRow) =>
    outcomes.filter((outcome) => outcome.method === method && outcome.level === level);
  return {
    columns: columns.map(({ name }) => name),
    rows: [
      ...summary.map((row) => columns.map(({ of }) => of(row, groupOf(row)))),
      ...baselines.map((baseline) => columns.map(({ ofBaseline }) => ofBaseline?.(baseline) ?? '')),
    ],
  };
}

const LEVEL: Column = { name: 'level', of: ({ level }) => (level === undefined ? '' : String(level)) };

/** What is left after pruning. */
function leftOf(outcomes: readonly Outcome[]): Column[] {
  const withBytes = new Set(outcomes.map(({ bytes }) => bytes)).size > 1;
  const inMegabytes = (group: readonly Outcome[]) => megabytes(mean(group.map(({ bytes }) => bytes)));
  return [
    { name: 'targets left', of: ({ sparsity }) => percent(1 - sparsity) },
    {
      name: 'model left',
      of: (_, group) => percent(1 - mean(group.map(({ zeros, parameters }) => zeros / parameters))),
    },
    ...(withBytes
      ? [{ name: 'MB', of: (_: SummaryRow, group: readonly Outcome[]) => inMegabytes(group) }]
      : []),
  ];
}

/** What files cost, beside the dense model; empty where it was not measured. */
const COSTS: readonly Column[] = [
  costColumn('file MB', ({ fileBytes }) => fileBytes, megabytes),
  costColumn('gzip MB', ({ gzippedBytes }) => gzippedBytes, megabytes),
  costColumn(
    'RAM MB',
    ({ residentBytes }) => residentBytes,
    (bytes) => (bytes / 1e6).toFixed(0),
  ),
  costColumn(
    'ms',
    ({ milliseconds }) => milliseconds,
    (ms) => ms.toPrecision(3),
  ),
  costColumn(
    'speed',
    (cost) => cost.referenceMilliseconds / cost.milliseconds,
    (factor) => `${factor.toFixed(2)}×`,
  ),
];

function costColumn(name: string, of: (cost: Footprint) => number, text: (value: number) => string): Column {
  const found = (group: readonly Outcome[]) =>
    group.flatMap(({ footprint }) => (footprint ? [of(footprint)] : []));
  const costs = (group: readonly Outcome[]) => found(group).filter(Number.isFinite); // earlier versions measured less
  return { name, of: (_, group) => (costs(group).length > 0 ? text(mean(costs(group))) : '') };
}

const scoreWithSpread = (row: SummaryRow) =>
  row.n > 1 ? `${row.mean.toFixed(4)} ± ${halfRange(row).toFixed(4)}` : row.mean.toFixed(4);

const otherMetric = (name: string): Column => ({
  name,
  of: (_, group) => mean(group.map(({ metrics }) => metrics[name]!)).toFixed(4),
  ofBaseline: ({ scores }) => scores[name]?.toFixed(4) ?? '',
});

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
