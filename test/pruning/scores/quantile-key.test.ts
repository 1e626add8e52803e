import { seededRandom } from '../../../lib/core/random';
import { quantileKey } from '../../../lib/pruning/scores/quantile-key';
import { bitsOf, sortKey } from '../../../lib/pruning/select';
import { countBelow } from '../../../lib/wasm/kernels';

const keyOf = (score: number) => sortKey(bitsOf(Float32Array.of(score))[0]!);

test('is the score that the share lies below, of all arrays as one', () => {
  const all = [Float32Array.of(3, -5, -1), Float32Array.of(2, 0)];
  const expected: [number, number][] = [
    [0, -5],
    [0.4, 0],
    [0.8, 3],
    [1, 3],
  ];
  for (const [share, score] of expected) expect(quantileKey(all, share)).toBe(keyOf(score));
});

test('equal scores have one', () => {
  expect(quantileKey([new Float32Array(7)], 0.5)).toBe(keyOf(0));
});

test('is estimated to a point of many scores, also where columns differ', () => {
  const random = seededRandom(1);
  const scores = Float32Array.from({ length: 640 * 512 }, (_, i) => (i % 512) / 512 + 0.01 * random());
  const key = quantileKey([scores.subarray(0, 300), scores.subarray(300)], 0.7);
  expect(Math.abs(countBelow(scores, key) / scores.length - 0.7)).toBeLessThan(0.01);
});
