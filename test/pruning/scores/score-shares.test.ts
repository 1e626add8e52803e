import { SharedWeight } from '../../../lib/pruning/distribution';
import { scoreShares } from '../../../lib/pruning/scores/score-shares';

/** A weight all of whose scores are the logit of a share. */
function weight(path: string, size: number, share: number): SharedWeight {
  return { path, shape: [size], scores: new Float32Array(size).fill(Math.log(share / (1 - share))) };
}
const kept = (weights: SharedWeight[], sparsity: number) =>
  scoreShares()(weights, sparsity).map((count, i) => weights[i]!.scores.length - count);

it('keeps of each weight in proportion to its mean sigmoid, among those of its kind', () => {
  const weights = [
    weight('encoder/0/query', 100, 0.6),
    weight('encoder/0/up', 200, 0.5),
    weight('encoder/1/query', 100, 0.2),
    weight('encoder/1/up', 200, 0.5),
  ];
  // 40 of 200 queries, 3 : 1; 80 of 400 ups, 1 : 1
  expect(kept(weights, 0.8)).toEqual([30, 40, 10, 40]);
});

it('keeps no more than there is; the others of the kind take the rest', () => {
  const weights = [weight('0/q', 100, 0.9), weight('1/q', 100, 0.2), weight('2/q', 100, 0.1)];
  // 180 of 300 in 9 : 2 : 1 would be 135 of 100
  expect(kept(weights, 0.4)).toEqual([100, 53, 27]);
  expect(kept(weights, 0)).toEqual([100, 100, 100]);
});

it('is exact in total, whatever is rounded', () => {
  const weights = [weight('0/q', 7, 0.5), weight('1/q', 7, 0.5), weight('2/q', 7, 0.5), weight('x', 11, 0.3)];
  for (const sparsity of [0, 0.05, 0.31, 0.5, 0.77, 0.99]) {
    const pruned = scoreShares()(weights, sparsity).reduce((sum, count) => sum + count, 0);
    expect(pruned).toBe(Math.round(sparsity * 32));
  }
  expect(kept(weights, 0.5)).toEqual([4, 4, 3, 5]); // 3.5, 3.5, 3.5, 5.5 of 16: the first of equal remainders
});

it('gives equal shares where all scores are −∞, and knows how it was made', () => {
  const none = ['0/q', '1/q'].map((path) => ({
    path,
    shape: [4],
    scores: new Float32Array(4).fill(-Infinity),
  }));
  expect(kept(none, 0.5)).toEqual([2, 2]);
  expect(scoreShares().config).toEqual({ name: 'scoreShares', options: {} });
});
