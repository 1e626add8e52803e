import fc from 'fast-check';
import { sizeOf } from '../../lib/core/host-tensor';
import { Distribution, prunedCount, SharedWeight } from '../../lib/pruning/distribution';
import { countPruned, sparsityOf } from '../../lib/pruning/mask';
import { prune } from '../../lib/pruning/prune';

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/**
 * Density in proportion to `Σ shape / Π shape`: of a matrix (in + out) / (in · out), with a convolution's height and width in both. A
 * weight whose share is more than it has stays dense, and the others share the rest. Evci et al., 2020 (arXiv:1911.11134), from Mocanu
 * et al., 2018. Shares are rounded by largest remainders, so that the total is exact; what stays pruned anyway counts.
 */
const erdosRenyiKernel: Distribution = (weights, sparsity) => {
  const sizes = weights.map(({ scores }) => scores.length);
  const target = prunedCount(sparsity, sum(sizes));
  const kept = largestRemainders(shares(weights, sum(sizes) - target), sum(sizes) - target);
  const held = weights.map(({ scores }) => scores.filter((score) => score === -Infinity).length);
  const counts = sizes.map((size, i) => Math.max(size - kept[i]!, held[i]!));
  const slack = () => counts.map((count, i) => count - held[i]!);
  while (sum(counts) > Math.max(target, sum(held))) counts[slack().indexOf(Math.max(...slack()))]!--;
  return counts;
};

function shares(weights: readonly SharedWeight[], keep: number): number[] {
  const isDense = weights.map(() => false);
  for (;;) {
    const dense = sum(weights.map(({ scores }, i) => (isDense[i] ? scores.length : 0)));
    const epsilon = (keep - dense) / sum(weights.map(({ shape }, i) => (isDense[i] ? 0 : sum(shape))));
    const share = weights.map(({ scores, shape }, i) => (isDense[i] ? scores.length : epsilon * sum(shape)));
    const tooLarge = share.map((value, i) => !isDense[i] && value > weights[i]!.scores.length);
    if (!tooLarge.includes(true)) return share;
    tooLarge.forEach((isTooLarge, i) => (isDense[i] ||= isTooLarge));
  }
}

function largestRemainders(parts: readonly number[], total: number): number[] {
  const whole = parts.map(Math.floor);
  const order = [...parts.keys()].sort((a, b) => parts[b]! - whole[b]! - (parts[a]! - whole[a]!));
  order.slice(0, total - sum(whole)).forEach((i) => whole[i]!++);
  return whole;
}

const weight = (...shape: number[]) => ({
  shape,
  data: new Float32Array(sizeOf(shape)).map((_, i) => i % 7),
});
const named = (...weights: ReturnType<typeof weight>[]) => new Map(weights.map((each, i) => [`${i}`, each]));
const counts = (sparsity: number, weights: ReturnType<typeof named>, masks = new Map<string, Uint8Array>()) =>
  [...prune(sparsity, weights, masks, { distribution: erdosRenyiKernel }).values()].map(countPruned);

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
