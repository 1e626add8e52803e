import fc from 'fast-check';
import { countPruned } from '../../lib/pruning/mask';
import { unstructured } from '../../lib/pruning/pattern';
import reference from '../reference/pruning.json';

const mask = (scores: number[], count: number) =>
  Array.from(unstructured.mask(Float32Array.from(scores), count, [scores.length]));

/** The slow truth: sort by score, and among equals by index from the end; the first `count` go. */
function bySorting(scores: number[], count: number): number[] {
  const order = scores.map((_, i) => i).sort((a, b) => scores[a]! - scores[b]! || b - a);
  const expected = scores.map(() => 1);
  order.slice(0, count).forEach((i) => (expected[i] = 0));
  return expected;
}

describe('unstructured', () => {
  test('prunes the lowest scores', () => {
    expect(mask([3, 1, 2, 0.5], 2)).toEqual([1, 0, 1, 0]);
  });

  test("tfmot's own test: 1 to 10 at 0.2", () => {
    expect(mask([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 2)).toEqual(reference.tfmotMask.mask);
  });

  test('of a constant tensor it keeps the lower indices', () => {
    expect(mask([7, 7, 7, 7, 7], 2)).toEqual([1, 1, 1, 0, 0]);
    expect(mask([0, 0, 0], 3)).toEqual([0, 0, 0]);
    expect(mask([0, 0, 0], 0)).toEqual([1, 1, 1]);
  });

  test('orders negative scores, infinities and tiny numbers; -0 equals 0', () => {
    expect(mask([-1, 1, -Infinity, 1e-45, 0], 3)).toEqual([0, 1, 0, 1, 0]);
    expect(mask([0, -0, 0, -0], 2)).toEqual([1, 1, 0, 0]);
  });

  test('is the sort by score and index, with an exact count, whatever the ties', () => {
    const score = fc.oneof(fc.constantFrom(-1, -0, 0, 0.5, 0.5000001, 1), fc.float({ noNaN: true }));
    const scores = fc.array(score, { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(scores, fc.double({ min: 0, max: 1, noNaN: true }), (values, fraction) => {
        const exact = Array.from(Float32Array.from(values));
        const count = Math.floor(fraction * exact.length);
        const result = unstructured.mask(Float32Array.from(values), count, [values.length]);
        expect(countPruned(result)).toBe(count);
        expect(Array.from(result)).toEqual(bySorting(exact, count));
      }),
    );
  });
});
