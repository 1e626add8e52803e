import { loadMasks, saveMasks } from '../../lib/pruning/mask-file';
import { maskSet } from '../../lib/pruning/mask';
import { maskOverlap } from '../../lib/pruning/mask-overlap';

const of = (masks: Record<string, number[]>) =>
  maskSet(Object.entries(masks).map(([path, values]) => [path, Uint8Array.from(values)]));

/** Every mask of so many values that keeps so many. */
const all = (values: number, kept: number): number[][] =>
  Array.from({ length: 1 << values }, (_, bits) =>
    Array.from({ length: values }, (_, i) => (bits >> i) & 1),
  ).filter((mask) => mask.reduce((sum, keep) => sum + keep, 0) === kept);

test('counts what both keep, of each weight and of all', () => {
  const first = of({ a: [1, 1, 1, 0, 0, 0], b: [1, 1] });
  const second = of({ a: [0, 1, 1, 1, 1, 0], b: [1, 0] });
  const a = { values: 6, kept: [3, 4], both: 2, bothByChance: 2, jaccard: 2 / 5, jaccardByChance: 2 / 5 };
  const b = { values: 2, kept: [2, 1], both: 1, bothByChance: 1, jaccard: 1 / 2, jaccardByChance: 1 / 2 };
  expect(maskOverlap(first, second)).toEqual({
    ...{ values: 8, kept: [5, 5], both: 3, bothByChance: 3, jaccard: 3 / 7, jaccardByChance: 3 / 7 },
    layers: [
      { path: 'a', ...a },
      { path: 'b', ...b },
    ],
  });
});

test('chance is the mean over all masks that keep as many', () => {
  const first = of({ a: [1, 1, 1, 0, 0, 0, 0] });
  const overlaps = all(7, 5).map((a) => maskOverlap(first, of({ a })));
  const mean = overlaps.reduce((sum, { both }) => sum + both, 0) / overlaps.length;
  expect(overlaps).toHaveLength(21);
  expect(mean).toBeCloseTo(15 / 7, 12);
  overlaps.forEach(({ bothByChance }) => expect(bothByChance).toBe(15 / 7));
});

test('edges: the same, nothing in common, nothing kept, everything kept', () => {
  const jaccard = (one: number[], other: number[]) => {
    const overlap = maskOverlap(of({ a: one }), of({ a: other }));
    return [overlap.jaccard, overlap.jaccardByChance];
  };
  expect(jaccard([1, 0, 0, 0], [1, 0, 0, 0])).toEqual([1, 0.25 / 1.75]);
  expect(jaccard([1, 0], [0, 1])).toEqual([0, 0.5 / 1.5]);
  expect(jaccard([0, 0], [0, 0])).toEqual([1, 1]);
  expect(jaccard([1, 1], [1, 1])).toEqual([1, 1]);
  expect(jaccard([0, 0], [1, 1])).toEqual([0, 0]);
});

test('a path that one lacks counts as kept there, and a mask of another length is refused', () => {
  const { layers } = maskOverlap(of({ a: [1, 0, 0] }), of({ b: [1, 1, 0] }));
  expect(layers.map(({ path, kept, both }) => [path, kept, both])).toEqual([
    ['a', [1, 3], 1],
    ['b', [3, 2], 2],
  ]);
  expect(() => maskOverlap(of({ a: [1] }), of({ a: [1, 1] }))).toThrow('got 1 and 2 values for "a"');
  const bytes = new Map([['a', Uint8Array.of(255)]]);
  expect(() => maskOverlap(of({ a: [1] }), bytes)).toThrow('Expected 0 or 1 in the mask of "a", got 255.');
  expect(() => saveMasks('nowhere', bytes)).toThrow('got 255');
  expect(() => loadMasks(__dirname)).toThrow('found a folder; name a file in it');
});
