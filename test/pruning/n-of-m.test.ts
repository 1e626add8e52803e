import fc from 'fast-check';
import { globalDistribution, prunedCount, uniformDistribution } from '../../lib/pruning/distribution';
import { countPruned, maskSet } from '../../lib/pruning/mask';
import { nOfM } from '../../lib/pruning/patterns/n-of-m';
import { prune } from '../../lib/pruning/prune';
import { magnitudePruner } from '../../lib/pruning/pruner';
import { cubicDecay, oneShot } from '../../lib/pruning/schedule';

const pattern = nOfM({ keep: 2, of: 4 });
const weight = (data: readonly number[], shape: readonly number[]) => ({
  data: Float32Array.from(data),
  shape,
});
const kernel = weight([1, 8, 2, 7, 3, 6, 4, 5], [4, 2]); // columns 1 2 3 4 and 8 7 6 5
const only = (one: typeof kernel) => new Map([['w', one]]);
const pruned = (sparsity: number, one = kernel, masks = new Map<string, Uint8Array>()) =>
  Array.from(prune(sparsity, only(one), masks, { pattern }).get('w')!);

it('prunes two of four along the reduction axis, exactly, at 0.5', () => {
  expect(pruned(0.5)).toEqual([0, 1, 0, 1, 1, 0, 1, 0]);
  const lone = weight([8, 7, 1, 2, 3, 4, 5, 6], [8, 1]);
  expect(pruned(0.5, lone)).toEqual([1, 1, 0, 0, 0, 0, 1, 1]);
});

it('prunes the lowest candidates on the way there', () => {
  expect(pruned(0.25)).toEqual([0, 1, 0, 1, 1, 1, 1, 1]);
  expect(pruned(0.375)).toEqual([0, 1, 0, 1, 1, 1, 1, 0]); // 3 and 4 are lower, but no candidates
  expect(pruned(0)).toEqual(Array(8).fill(1));
});

it('keeps the earlier of equals, and what is pruned stays so', () => {
  expect(pruned(0.5, weight(Array(8).fill(0), [4, 2]))).toEqual([1, 1, 1, 1, 0, 0, 0, 0]);
  const masks = maskSet([['w', Uint8Array.of(1, 1, 1, 1, 1, 1, 0, 1)]]); // 4, which 2 and 3 would be pruned before
  expect(pruned(0.5, kernel, new Map(masks))).toEqual([0, 1, 1, 1, 1, 0, 0, 0]);
});

it('takes kernels of convolutions by their input channels', () => {
  const mask = pruned(0.5, weight([4, 3, 2, 1, 1, 2, 3, 4], [1, 2, 4, 1]));
  expect(mask).toEqual([1, 1, 0, 0, 0, 0, 1, 1]);
});

it('is exact and 2:4 for any sparsities, ties and earlier masks', () => {
  const value = fc.constantFrom(-2, -1, 0, 0.5, 1, 2);
  const layer = fc.array(value, { minLength: 24, maxLength: 24 }).map((data) => weight(data, [8, 3]));
  const sparsity = fc.double({ min: 0, max: 0.5, noNaN: true });
  fc.assert(
    fc.property(layer, layer, sparsity, sparsity, fc.boolean(), (a, b, first, second, isGlobal) => {
      const both = new Map([
        ['a', a],
        ['b', b],
      ]);
      const distribution = isGlobal ? globalDistribution() : uniformDistribution();
      const before = prune(first, both, new Map(), { pattern, distribution });
      const after = prune(second, both, before, { pattern, distribution });
      const target = (of: number) => (isGlobal ? prunedCount(of, 48) : 2 * prunedCount(of, 24));
      const total = [...after.values()].reduce((sum, mask) => sum + countPruned(mask), 0);
      expect(total).toBe(Math.max(target(first), target(second)));
      for (const [path, mask] of after) {
        expect(mask.every((keep, i) => keep <= before.get(path)![i]!)).toBe(true);
        for (const start of [0, 1, 2, 12, 13, 14]) {
          const group = [0, 3, 6, 9].map((offset) => mask[start + offset]!);
          expect(group.reduce((sum, keep) => sum + keep, 0)).toBeGreaterThanOrEqual(2);
        }
      }
    }),
  );
});

it('refuses more than half: at once, before a training, and where a distribution asks for it', () => {
  expect(() => pruned(0.51)).toThrow(
    'a sparsity of at most 0.5, which is all that the pattern can prune, got 0.51',
  );
  const schedule = cubicDecay({ finalSparsity: 0.6, end: 1 });
  expect(() => magnitudePruner({ schedule, pattern }).over(100)).toThrow('at most 0.5');
  magnitudePruner({ schedule: oneShot({ finalSparsity: 0.5 }), pattern }).over(100);
  const distribution = () => [5];
  expect(() => prune(0.5, only(kernel), new Map(), { pattern, distribution })).toThrow('2 of 4, got 5');
});

it('refuses an axis that it does not divide', () => {
  expect(() => pruned(0.5, weight([1, 2, 3, 4, 5, 6], [6, 1]))).toThrow('got shape [6, 1]');
});

it('counts what an earlier mask of another shape has pruned, and prunes no more of those groups', () => {
  const masks = maskSet([['w', Uint8Array.of(0, 1, 0, 1, 0, 1, 1, 1)]]); // three of the first column
  expect(pruned(0.5, kernel, new Map(masks))).toEqual([0, 1, 0, 1, 0, 1, 1, 0]);
});

it.each([
  [0, 4],
  [4, 4],
  [1.5, 4],
  [2, NaN],
])('refuses %d of %d', (keep, of) => {
  expect(() => nOfM({ keep, of })).toThrow(`such as 2 of 4, got ${keep} of ${of}`);
});
