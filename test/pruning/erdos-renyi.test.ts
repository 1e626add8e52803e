import fc from 'fast-check';
import { sizeOf } from '../../lib/core/host-tensor';
import { Distribution, prunedCount } from '../../lib/pruning/distribution';
import { erdosRenyi, erdosRenyiKernel } from '../../lib/pruning/distributions/erdos-renyi';
import { sum } from '../../lib/pruning/distributions/in-proportion';
import { countPruned, sparsityOf } from '../../lib/pruning/mask';
import { outputChannels } from '../../lib/pruning/patterns/output-channels';
import { prune } from '../../lib/pruning/prune';
import reference from '../reference/pruning.json';

const weight = (...shape: number[]) => ({
  shape,
  data: new Float32Array(sizeOf(shape)).map((_, i) => i % 7),
});
const named = (...weights: ReturnType<typeof weight>[]) => new Map(weights.map((each, i) => [`${i}`, each]));
const counts = (
  sparsity: number,
  weights: ReturnType<typeof named>,
  masks = new Map<string, Uint8Array>(),
  distribution: Distribution = erdosRenyiKernel(),
) => [...prune(sparsity, weights, masks, { distribution }).values()].map(countPruned);

describe.each(reference.jaxPrunerErdosRenyi)('JaxPruner at $sparsity, kernel $kernel', (expected) => {
  it.each(expected.weights)('%j: %d', (shape, sparsity) => {
    const shapes = expected.weights.map(([each]) => each as number[]);
    const distribution = expected.kernel ? erdosRenyiKernel() : erdosRenyi();
    const shared = counts(
      expected.sparsity,
      named(...shapes.map((each) => weight(...each))),
      new Map(),
      distribution,
    );
    const at = shapes.indexOf(shape as number[]);
    const size = sizeOf(shapes[at]!);
    // They round to two or three digits, and cut where we share out what is left of whole weights.
    expect(Math.abs(shared[at]! - (sparsity as number) * size)).toBeLessThanOrEqual(1);
  });
});

it('shares by the sums of shapes, with exact totals', () => {
  // 40 of 80 stay: 8/24 and 16/24 of them, 13.3 and 26.7
  expect(counts(0.5, named(weight(4, 4), weight(8, 8)))).toEqual([3, 37]);
});

it('keeps dense what is too small for its share, and shares the rest out again', () => {
  // 52 of 104 stay: 4/24 of them are more than the 4 that the first has
  expect(counts(0.5, named(weight(2, 2), weight(10, 10)))).toEqual([0, 52]);
  // 70 of 88 stay, 2.19 per unit of the sums: too many for all but the third, which gets what is left
  expect(counts(18 / 88, named(weight(2, 2), weight(4, 4), weight(8, 8), weight(2, 2)))).toEqual([
    0, 0, 18, 0,
  ]);
});

it('counts the size of a kernel', () => {
  // 104 of 208 stay: both sums are 16
  expect(counts(0.5, named(weight(3, 3, 8, 2), weight(8, 8)))).toEqual([144 - 52, 64 - 52]);
});

it('leaves the size of a kernel out, and is the same of matrices', () => {
  const convolutions = named(weight(3, 3, 8, 2), weight(8, 8));
  // 104 of 208 stay: 10/16 of 144 and 16/64 of 64 are 90 and 16
  const kept = (share: number) => Math.round((104 * share) / 106);
  expect(counts(0.5, convolutions, new Map(), erdosRenyi())).toEqual([144 - kept(90), 64 - kept(16)]);
  const matrices = named(weight(4, 4), weight(8, 8));
  expect(counts(0.5, matrices, new Map(), erdosRenyi())).toEqual(counts(0.5, matrices));
});

it('counts units: densities are those of the weights', () => {
  const weights = named(weight(4, 4), weight(8, 8));
  const options = { distribution: erdosRenyiKernel(), pattern: outputChannels };
  const masks = [...prune(0.5, weights, new Map(), options).values()];
  // 6 of 12 outputs stay: 2 and 4 times 0.5 and 0.25 in proportion are 3 and 3
  expect(masks.map((mask, i) => countPruned(mask) / [4, 8][i]!)).toEqual([1, 5]);
});

it('prunes nothing at 0, and every weight alike in proportion to its size at almost 1', () => {
  const weights = named(weight(4, 4), weight(8, 8));
  expect(counts(0, weights)).toEqual([0, 0]);
  expect(counts(79 / 80, weights)).toEqual([16, 63]);
});

it('is exact in total for any shapes, sparsities, ties and earlier masks', () => {
  const size = fc.integer({ min: 1, max: 6 });
  const shape = fc.array(size, { minLength: 2, maxLength: 4 });
  const sparsity = fc.double({ min: 0, max: 0.999, noNaN: true });
  fc.assert(
    fc.property(
      fc.array(shape, { minLength: 1, maxLength: 5 }),
      sparsity,
      sparsity,
      (shapes, first, second) => {
        const weights = named(...shapes.map((each) => weight(...each)));
        const before = prune(first, weights, new Map());
        const total = sum([...weights.values()].map(({ data }) => data.length));
        const held = Math.round(sparsityOf(before) * total);
        expect(sum(counts(first, weights))).toBe(prunedCount(first, total));
        expect(sum(counts(second, weights, new Map(before)))).toBe(
          Math.max(prunedCount(second, total), held),
        );
      },
    ),
  );
});
