import { randomMasks, shuffledMasks } from '../../lib/pruning/control-masks';
import { countPruned, maskSet, MaskSet } from '../../lib/pruning/mask';

/** 20 of 50 pruned, and none of 30. */
const masks = maskSet([
  ['a', Uint8Array.from({ length: 50 }, (_, i) => (i < 20 ? 0 : 1))],
  ['b', new Uint8Array(30).fill(1)],
]);
const pruned = (set: MaskSet) => [...set.values()].map(countPruned);

test('masks shuffled inside of layers have their sparsities, elsewhere, by the seed', () => {
  const shuffled = shuffledMasks(masks, 7);
  expect(pruned(shuffled)).toEqual([20, 0]);
  expect(shuffled.get('a')).not.toEqual(masks.get('a'));
  expect(shuffledMasks(masks, 7)).toEqual(shuffled);
  expect(shuffledMasks(masks, 8)).not.toEqual(shuffled);
});

test('random masks have as many zeros in all, but not in every layer, by the seed', () => {
  const drawn = randomMasks(masks, 7);
  expect([...drawn].map(([path, { length }]) => [path, length])).toEqual([
    ['a', 50],
    ['b', 30],
  ]);
  const [a, b] = pruned(drawn) as [number, number];
  expect(a + b).toBe(20);
  expect(b).toBeGreaterThan(0);
  expect(randomMasks(masks, 7)).toEqual(drawn);
  expect(randomMasks(masks, 8)).not.toEqual(drawn);
});

test('every value is as likely to be pruned, in whichever layer', () => {
  const sums = [0, 0];
  for (let seed = 0; seed < 400; seed++) pruned(randomMasks(masks, seed)).forEach((n, i) => (sums[i]! += n));
  expect(sums[0]! / 400).toBeCloseTo(12.5, 0); // 20 · 50 / 80; a mean's standard error is 0.08
  expect(sums[1]! / 400).toBeCloseTo(7.5, 0);
});

test.each([randomMasks, shuffledMasks])('masks of nothing, of all, and none: %p', (control) => {
  const edges = maskSet([['a', Uint8Array.of(1, 1)]]);
  expect(control(edges, 1)).toEqual(edges);
  expect(control(new Map(), 1)).toEqual(new Map());
});
