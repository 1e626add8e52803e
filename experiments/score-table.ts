import type { Outcome } from '../trainers/recipes/setup';
import type { ExperimentResult, SummaryRow } from './result';
import { percent, TextTable } from './table';

/** A score to compare with that no training made: the majority class, a bag of words. */
export interface Baseline {
  readonly name: string;
  /** By metric. */
  readonly scores: Readonly<Record<string, number>>;
}

/** Half of the distance from the worst to the best seed. */
export const halfRange = ({ min, max }: SummaryRow) => (max - min) / 2;

/**
 * What the terminal shows at the end: for every method and level the mean score ± half the range over the seeds, what is left of
 * the pruning targets and of the whole model, the size where it differs, and the baselines below. A metric beside the task's own
 * one is shown, as a mean, if the first baseline has a score of it: no score stands alone.
 */
export function scoreTable(
  { metric, summary }: ExperimentResult,
  outcomes: readonly Outcome[],
  baselines: readonly Baseline[],
): TextTable {
  const withLevels = summary.some(({ level }) => level !== undefined);
  const withBytes = new Set(outcomes.map(({ bytes }) => bytes)).size > 1;
  const others = Object.keys(baselines[0]?.scores ?? {}).filter((name) => name !== metric);
  const leveled = (level?: number) => (withLevels ? [level === undefined ? '' : String(level)] : []);
  const line = (row: SummaryRow) => {
    const group = outcomes.filter(({ method, level }) => method === row.method && level === row.level);
    return [
      row.method,
      ...leveled(row.level),
      percent(1 - row.sparsity),
      percent(1 - mean(group.map(({ zeros, parameters }) => zeros / parameters))),
      ...(withBytes ? [(mean(group.map(({ bytes }) => bytes)) / 1e6).toFixed(2)] : []),
      row.n > 1 ? `${row.mean.toFixed(4)} ± ${halfRange(row).toFixed(4)}` : row.mean.toFixed(4),
      ...others.map((name) => mean(group.map(({ metrics }) => metrics[name]!)).toFixed(4)),
      String(row.n),
    ];
  };
  return {
    columns: [
      'method',
      ...(withLevels ? ['level'] : []),
      'targets left',
      'model left',
      ...(withBytes ? ['MB'] : []),
      metric,
      ...others,
      'seeds',
    ],
    rows: [
      ...summary.map(line),
      ...baselines.map(({ name, scores }) => [
        name,
        ...leveled(),
        '',
        '',
        ...(withBytes ? [''] : []),
        ...[metric, ...others].map((key) => scores[key]?.toFixed(4) ?? ''),
        '',
      ]),
    ],
  };
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
