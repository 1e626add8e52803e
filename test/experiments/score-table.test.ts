import { experimentResult } from '../../experiments/result';
import { Baseline, scoreTable } from '../../experiments/score-table';
import type { Outcome } from '../../trainers/recipes/setup';

const outcome = (method: string, seed: number, accuracy: number, more: Partial<Outcome> = {}): Outcome => ({
  ...{ method, seed, sparsity: 0, layers: [], parameters: 1000, zeros: 0, bytes: 4_000_000 },
  ...{ metrics: { accuracy }, steps: 1, seconds: 1, losses: [], ...more },
});
const tableOf = (outcomes: readonly Outcome[]) =>
  scoreTable(experimentResult({ task: 'toy', metric: 'accuracy', majority: 0.5, rows: outcomes }), outcomes, [
    { name: 'majority class', scores: { accuracy: 0.5 } },
  ]);

it('shows the mean ± half of the range over the seeds, and what is left of targets and model', () => {
  const pruned = { level: 1, sparsity: 0.75, zeros: 600 };
  const outcomes = [
    ...[outcome('dense', 0, 0.9, { level: 0 }), outcome('dense', 1, 1, { level: 0 })],
    ...[outcome('ticket', 0, 0.8, pruned), outcome('ticket', 1, 0.9, pruned)],
  ];
  expect(tableOf(outcomes)).toEqual({
    columns: ['method', 'level', 'targets left', 'model left', 'accuracy', 'seeds'],
    rows: [
      ['dense', '0', '100.0%', '100.0%', '0.9500 ± 0.0500', '2'],
      ['ticket', '1', '25.0%', '40.0%', '0.8500 ± 0.0500', '2'],
      ['majority class', '', '', '', '0.5000', ''],
    ],
  });
});

it('shows no levels where there are none, no spread of one seed, and sizes where bits differ', () => {
  const outcomes = [outcome('dense', 0, 0.9), outcome('qat', 0, 0.875, { bits: 8, bytes: 1_000_000 })];
  expect(tableOf(outcomes)).toEqual({
    columns: ['method', 'targets left', 'model left', 'MB', 'accuracy', 'seeds'],
    rows: [
      ['dense', '100.0%', '100.0%', '4.00', '0.9000', '1'],
      ['qat', '100.0%', '100.0%', '1.00', '0.8750', '1'],
      ['majority class', '', '', '', '0.5000', ''],
    ],
  });
});

it('shows, as means, the other metrics that the first baseline has a score of', () => {
  const both = (seed: number, f1: number, accuracy: number) =>
    outcome('dense', seed, accuracy, { metrics: { f1, accuracy, loss: 1 } });
  const outcomes = [both(0, 0.8, 0.7), both(1, 0.9, 0.8)];
  const result = experimentResult({ task: 'MRPC', metric: 'f1', majority: 0.8122, rows: outcomes });
  const baselines: Baseline[] = [
    { name: 'majority class', scores: { f1: 0.8122, accuracy: 0.6838 } },
    { name: 'bag of words', scores: { accuracy: 0.7 } },
  ];
  expect(scoreTable(result, outcomes, baselines)).toEqual({
    columns: ['method', 'targets left', 'model left', 'f1', 'accuracy', 'seeds'],
    rows: [
      ['dense', '100.0%', '100.0%', '0.8500 ± 0.0500', '0.7500', '2'],
      ['majority class', '', '', '0.8122', '0.6838', ''],
      ['bag of words', '', '', '', '0.7000', ''],
    ],
  });
});

it('shows what files cost instead of what pruning left, where that was measured', () => {
  const cost = (fileBytes: number, milliseconds: number) => ({
    footprint: {
      ...{ fileBytes, gzippedBytes: fileBytes / 2, residentBytes: 2 * fileBytes },
      ...{ milliseconds, referenceMilliseconds: 8 },
    },
  });
  const outcomes = [
    ...[outcome('dense', 0, 0.9, cost(4e6, 8)), outcome('dense', 1, 0.8)],
    outcome('int8', 0, 0.875, cost(1.25e6, 6)),
  ];
  expect(tableOf(outcomes)).toEqual({
    columns: ['method', 'file MB', 'gzip MB', 'RAM MB', 'ms', 'speed', 'accuracy', 'seeds'],
    rows: [
      ['dense', '4.00', '2.00', '8', '8.00', '1.00×', '0.8500 ± 0.0500', '2'],
      ['int8', '1.25', '0.63', '3', '6.00', '1.33×', '0.8750', '1'],
      ['majority class', '', '', '', '', '', '0.5000', ''],
    ],
  });
});
