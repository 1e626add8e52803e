import fc from 'fast-check';
import { globalDistribution, prunedCount, uniformDistribution } from '../../lib/pruning/distribution';
import { countPruned, maskSet, MaskSet } from '../../lib/pruning/mask';
import { prune, PrunableWeight } from '../../lib/pruning/prune';
import { magnitudePruner, pruner } from '../../lib/pruning/pruner';
import { movement, randomSaliency, taylor } from '../../lib/pruning/saliency';
import { statsOf, weightTimesGradient } from '../../lib/pruning/weight-statistics';
import { regrow } from '../../lib/pruning/mask-rule';
import { cubicDecay, linearDecay } from '../../lib/pruning/schedule';

const weight = (data: number[], products?: number[]): PrunableWeight => ({
  data: Float32Array.from(data),
  shape: [data.length],
  stats: products && statsOf('a', new Map([[weightTimesGradient, Float32Array.from(products)]])),
});
const plain = (masks: MaskSet) =>
  Object.fromEntries([...masks].map(([path, mask]) => [path, Array.from(mask)]));

const weights = new Map([
  ['a', weight([-4, 1, -2, 3])],
  ['b', weight([0.1, -0.2])],
]);

describe('prune', () => {
  test('per weight', () => {
    expect(plain(prune(0.5, weights, new Map()))).toEqual({ a: [1, 0, 0, 1], b: [0, 1] });
  });

  test('globally', () => {
    const masks = prune(0.5, weights, new Map(), { distribution: globalDistribution() });
    expect(plain(masks)).toEqual({ a: [1, 0, 1, 1], b: [0, 0] });
  });

  test('by Taylor expansion and by movement', () => {
    const moving = new Map([['a', weight([2, -3, 1, -1], [0.2, -1.5, -9, -3])]]); // Σ w · g
    expect(plain(prune(0.5, moving, new Map(), { saliency: taylor }))).toEqual({ a: [0, 0, 1, 1] });
    // −Σ w · g = -0.2, 1.5, 9, 3
    expect(plain(prune(0.5, moving, new Map(), { saliency: movement }))).toEqual({ a: [0, 0, 1, 1] });
    expect(plain(prune(0.25, moving, new Map(), { saliency: movement }))).toEqual({ a: [0, 1, 1, 1] });
    expect(() => prune(0.5, weights, new Map(), { saliency: taylor })).toThrow(
      'Expected "weight times gradient" of "a", which the saliency reads, among what was gathered (nothing)',
    );
  });

  test('at random: a function of the seed and the path', () => {
    const many = new Map(['x', 'y'].map((path) => [path, weight(Array(64).fill(1))]));
    const masks = (seed: number) => plain(prune(0.5, many, new Map(), { saliency: randomSaliency(seed) }));
    expect(masks(1)).toEqual(masks(1));
    expect(masks(1)).not.toEqual(masks(2));
    expect(masks(1).x).not.toEqual(masks(1).y);
  });

  test('is exact and monotone for any sparsities, weights and ties', () => {
    const value = fc.constantFrom(-2, -1, 0, 0.5, 1, 2);
    const layer = fc.array(value, { minLength: 1, maxLength: 30 }).map((values) => weight(values));
    const sparsity = fc.double({ min: 0, max: 0.999, noNaN: true });
    fc.assert(
      fc.property(layer, layer, sparsity, sparsity, fc.boolean(), (a, b, first, second, isGlobal) => {
        const both = new Map([
          ['a', a],
          ['b', b],
        ]);
        const options = { distribution: isGlobal ? globalDistribution() : uniformDistribution() };
        const before = prune(first, both, new Map(), options);
        const after = prune(second, both, before, options);
        const target = (of: number) =>
          isGlobal
            ? prunedCount(of, a.data.length + b.data.length)
            : prunedCount(of, a.data.length) + prunedCount(of, b.data.length);
        const total = (masks: MaskSet) =>
          [...masks.values()].reduce((sum, mask) => sum + countPruned(mask), 0);
        expect(total(before)).toBe(target(first));
        expect(total(after)).toBe(Math.max(target(first), target(second)));
        for (const [path, mask] of before) {
          mask.forEach((keep, i) => expect(after.get(path)![i]! <= keep).toBe(true));
        }
      }),
    );
  });

  test('keeps pruned what was pruned, though its weight is no lower than others', () => {
    const zeros = new Map([['a', weight([0, 0, 0, 0])]]);
    const masks = maskSet([['a', Uint8Array.of(0, 1, 1, 1)]]);
    expect(plain(prune(0.5, zeros, masks))).toEqual({ a: [0, 1, 1, 0] });
    expect(plain(prune(0, zeros, masks))).toEqual({ a: [0, 1, 1, 1] });
  });

  test('refuses scores that are none, and counts that do not fit', () => {
    const by = (scores: number[]) => () =>
      prune(0.5, new Map([['a', weight([1, 2])]]), new Map(), { saliency: () => Float32Array.from(scores) });
    expect(by([NaN, 1])).toThrow('above -Infinity from the saliency, got NaN for value 0 of "a"');
    expect(by([1, -Infinity])).toThrow('got -Infinity for value 1 of "a"');
    expect(by([1])).toThrow('2 scores of "a" from the saliency, got 1');
    const counting = (counts: number[]) => () =>
      prune(0.5, weights, new Map(), { distribution: () => counts });
    expect(counting([5, 0])).toThrow('a whole number of the 4 units of "a" from the distribution, got 5');
    expect(counting([0, NaN])).toThrow('of the 2 units of "b" from the distribution, got NaN');
    expect(counting([0])).toThrow('counts of 2 weights from the distribution, got 1');
  });

  test('lets what is pruned come back where the rule says so, with as many zeros', () => {
    const masks = maskSet([['a', Uint8Array.of(0, 0, 1, 1)]]);
    const one = new Map([['a', weight([4, 1, 2, 3])]]);
    expect(plain(prune(0.5, one, masks))).toEqual({ a: [0, 0, 1, 1] });
    expect(plain(prune(0.5, one, masks, { rule: regrow }))).toEqual({ a: [1, 0, 0, 1] });
    expect(plain(prune(0.25, one, masks, { rule: regrow }))).toEqual({ a: [1, 0, 1, 1] });
  });

  test('refuses a mask of another size', () => {
    expect(() => prune(0.5, weights, maskSet([['a', Uint8Array.of(1)]]))).toThrow(
      '4 values in the mask of "a", got 1',
    );
  });
});

describe('magnitudePruner', () => {
  test('follows its schedule to the exact final sparsity', () => {
    const pruning = magnitudePruner({
      schedule: linearDecay({ finalSparsity: 0.75, endStep: 3, frequency: 2 }),
    }).over(3);
    const a = new Map([['a', weight([8, 1, 7, 2, 6, 3, 5, 4])]]);
    let masks: MaskSet = new Map();
    const counts = [0, 1, 2, 3, 4].map((step) => {
      const updated = pruning.update(step, a, masks);
      masks = updated ?? masks;
      return updated && countPruned(updated.get('a')!);
    });
    expect(counts).toEqual([0, undefined, 4, 6, undefined]);
    expect(plain(masks)).toEqual({ a: [1, 0, 1, 0, 0, 0, 0, 0] });
  });

  test('follows a schedule in fractions once the length of the run is known', () => {
    const schedule = linearDecay({ finalSparsity: 0.5, begin: 0.25, end: 0.75, frequency: 3 });
    const { schedule: inSteps, update } = magnitudePruner({ schedule }).over(10);
    expect([inSteps.beginStep, inSteps.endStep]).toEqual([3, 8]); // 2.5 and 7.5, half up
    const a = new Map([['a', weight([8, 1, 7, 2])]]);
    const zeros = [2, 3, 6, 8].map((step) => update(step, a, new Map())?.get('a'));
    expect(zeros.map((mask) => mask && countPruned(mask))).toEqual([undefined, 0, 1, 2]);
  });

  test('prunes only its targets', () => {
    const schedule = cubicDecay({ finalSparsity: 0.5, endStep: 0 });
    const masks = magnitudePruner({ schedule, targets: ['b'] })
      .over(1)
      .update(0, weights, new Map());
    expect(plain(masks!)).toEqual({ b: [0, 1] });
    expect(() =>
      pruner({ schedule, targets: ['c'] })
        .over(1)
        .update(0, weights, new Map()),
    ).toThrow('a weight "c" to prune, got only a, b');
  });
});
