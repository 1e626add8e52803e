import { describeUnlearned, fewRows } from '../../experiments/remarks';
import { experimentResult } from '../../experiments/result';

const result = (majority: number, ...rows: [method: string, accuracy: number, level?: number][]) =>
  experimentResult({
    task: 'toy',
    metric: 'accuracy',
    majority,
    rows: rows.map(([method, accuracy, level]) => ({
      ...{ method, level, seed: 0, sparsity: 0, steps: 1, seconds: 1 },
      metrics: { accuracy },
    })),
  });

it('what scores as an answer that never changes is named', () => {
  expect(describeUnlearned(result(0.5, ['dense', 0.9, 0], ['gradual', 0.501, 1]))).toBeUndefined();
  expect(describeUnlearned(result(1, ['dense', 1]))).toBeUndefined(); // all rows of the development set are of one class
  expect(describeUnlearned(result(0.5, ['dense', 0.5, 0], ['gradual', 0.4, 1], ['gradual', NaN, 2]))).toBe(
    'No better than the majority class (accuracy 0.5000), so that nothing learned is left: dense, gradual 1, gradual 2.',
  );
});

it('a small development set is told', () => {
  expect(fewRows(50)).toBeUndefined();
  expect(fewRows(1)).toMatch(/^all scores are of a single row, of which each is 100\.0%: /);
  expect(fewRows(40)).toMatch(/^all scores are of 40 rows, of which each is 2\.5%: /);
});
