import { maskSet } from '../../lib/pruning/mask';
import { farthestDistance, maskDistance } from '../../lib/pruning/mask-distance';

const set = (...values: number[]) => maskSet([['a', Uint8Array.from(values)]]);

test('is the share of values that one keeps and the other prunes, both ways', () => {
  expect(maskDistance(set(1, 1, 0, 0), set(1, 0, 1, 0))).toBe(0.5);
  expect(maskDistance(set(1, 1, 0, 0), set(1, 1, 0, 0))).toBe(0);
  expect(maskDistance(set(1, 0), set(0, 1))).toBe(1);
  expect(maskDistance(new Map(), new Map())).toBe(0);
});

test('counts over all weights, and a path that one lacks as kept there', () => {
  const more = maskSet([
    ['a', Uint8Array.of(1, 1)],
    ['b', Uint8Array.of(0, 0, 0, 1, 1, 1)],
  ]);
  expect(maskDistance(set(0, 1), more)).toBe(4 / 8);
  expect(maskDistance(more, set(0, 1))).toBe(4 / 8);
});

test('of masks of one sparsity at most twice that, or twice what is left', () => {
  expect(farthestDistance(0.25)).toBe(0.5);
  expect(maskDistance(set(0, 1, 1, 1), set(1, 0, 1, 1))).toBe(0.5);
  expect(farthestDistance(0.75)).toBe(0.5);
  expect(maskDistance(set(0, 0, 0, 1), set(1, 0, 0, 0))).toBe(0.5);
});

test('refuses masks of other weights', () => {
  expect(() => maskDistance(set(1, 1), set(1))).toThrow('got 2 and 1 values for "a"');
});
