import { globalDistribution, prunedCount, uniformDistribution } from '../../lib/pruning/distribution';
import reference from '../reference/pruning.json';

const scores = (...weights: number[][]) =>
  weights.map((values, i) => ({ path: `${i}`, shape: [values.length], scores: Float32Array.from(values) }));

describe('prunedCount', () => {
  test('rounds half away from zero', () => {
    expect([prunedCount(0.5, 5), prunedCount(0.5, 7), prunedCount(0.1, 5)]).toEqual([3, 4, 1]);
  });

  test.each(reference.torchCounts)(
    '%d of %d: as torch, except that torch rounds half to even',
    (fraction, n, torch) => {
      const half = (fraction! * n!) % 1 === 0.5 && torch! % 2 === 0 && torch! < fraction! * n!;
      expect(prunedCount(fraction!, n!)).toBe(torch! + (half ? 1 : 0));
    },
  );
});

test('uniformDistribution gives each weight the same sparsity', () => {
  expect(uniformDistribution()(scores([1, 2, 3, 4], [9, 9]), 0.5)).toEqual([2, 1]);
});

describe('globalDistribution', () => {
  test('takes the lowest scores wherever they are', () => {
    expect(globalDistribution()(scores([5, 6, 7, 8], [1, 2], [3, 9]), 0.375)).toEqual([0, 2, 1]);
  });

  test('is exact under ties: the earlier weights are kept', () => {
    expect(globalDistribution()(scores([1, 1], [1, 1], [1, 0]), 0.5)).toEqual([0, 1, 2]);
  });

  test('prunes nothing at 0', () => {
    expect(globalDistribution()(scores([1], [0]), 0)).toEqual([0, 0]);
  });
});
