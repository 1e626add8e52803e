import fc from 'fast-check';
import { globalDistribution, SharedWeight, uniformDistribution } from '../../lib/pruning/distribution';
import { inProportion, sum } from '../../lib/pruning/distributions/in-proportion';
import { keepAtLeast } from '../../lib/pruning/distributions/keep-at-least';
import { layerwiseDistribution, sparsityOfRules } from '../../lib/pruning/distributions/layerwise';

const shared = (...weights: number[][]): SharedWeight[] =>
  weights.map((values, i) => ({
    path: `layer-${i}/kernel`,
    shape: [values.length],
    scores: Float32Array.from(values),
  }));
const sized = (...sizes: number[]) =>
  shared(...sizes.map((size) => Array.from({ length: size }, (_, i) => i)));

describe('inProportion', () => {
  const part = (factor: number, most = 100, least = 0) => ({ factor, least, most });

  it('shares out whole numbers, the largest remainders first', () => {
    expect(inProportion(10, [part(1), part(3)])).toEqual([3, 7]); // 2.5, 7.5: the first of equals
    expect(inProportion(10, [part(1), part(1), part(1)])).toEqual([4, 3, 3]);
  });

  it('keeps to bounds, and gives the others the rest', () => {
    expect(inProportion(10, [part(1), part(3, 6)])).toEqual([4, 6]);
    expect(inProportion(10, [part(1), part(3), part(0, 9, 2)])).toEqual([2, 6, 2]);
    expect(inProportion(100, [part(1, 3), part(0, 5)])).toEqual([3, 0]);
    expect(inProportion(0, [part(1, 3, 1), part(2)])).toEqual([1, 0]);
  });

  it('has exact totals for any factors and bounds that have them', () => {
    const any = fc
      .tuple(fc.double({ min: 0.01, max: 100, noNaN: true }), fc.nat(20), fc.nat(30))
      .map(([factor, least, more]) => part(factor, least + more, least));
    fc.assert(
      fc.property(fc.array(any, { minLength: 1, maxLength: 8 }), fc.nat(400), (parts, total) => {
        const shares = inProportion(total, parts);
        const [least, most] = (['least', 'most'] as const).map((bound) =>
          sum(parts.map((each) => each[bound])),
        );
        expect(sum(shares)).toBe(Math.min(Math.max(total, least!), most!));
        shares.forEach((share, i) => {
          expect(share >= parts[i]!.least && share <= parts[i]!.most).toBe(true);
        });
      }),
    );
  });
});

describe('keepAtLeast', () => {
  it('refuses rules, which share nothing out', () => {
    const distribution = layerwiseDistribution([{ match: 'a', sparsity: 0.9 }]);
    expect(() => keepAtLeast({ distribution })).toThrow('got layerwiseDistribution, whose rules say');
  });

  const small = shared([0, 0, 0, 0], [5, 6, 7, 8], [1, 9, 9, 9]);

  it('keeps so many units of each weight, and prunes as many in all', () => {
    expect(globalDistribution()(small, 0.5)).toEqual([4, 1, 1]);
    expect(keepAtLeast({ distribution: globalDistribution() })(small, 0.5)).toEqual([3, 2, 1]);
    expect(keepAtLeast({ distribution: globalDistribution(), units: 2 })(small, 0.5)).toEqual([2, 2, 2]);
    expect(keepAtLeast({ distribution: globalDistribution(), fraction: 0.3 })(small, 0.5)).toEqual([2, 2, 2]);
    expect(keepAtLeast({ distribution: globalDistribution(), units: 0 })(small, 0.5)).toEqual([4, 1, 1]);
  });

  it('changes nothing where enough is left, and keeps all of what has fewer', () => {
    expect(keepAtLeast({ distribution: uniformDistribution(), units: 2 })(small, 0.5)).toEqual([2, 2, 2]);
    const guarded = keepAtLeast({ distribution: uniformDistribution(), units: 3 });
    expect(guarded(sized(2, 30), 0.5)).toEqual([0, 16]);
  });

  it('counts what stays pruned anyway, though less is left', () => {
    const held = shared([-Infinity, -Infinity], [1, 2, 3, 4]);
    expect(keepAtLeast({ distribution: globalDistribution() })(held, 0.5)).toEqual([2, 1]);
  });

  it('refuses what does not leave so much, and numbers that are none', () => {
    const guarded = keepAtLeast({ distribution: globalDistribution(), units: 3 });
    expect(() => guarded(small, 0.5)).toThrow('a sparsity of at most 0.25, which leaves each weight');
    expect(() => keepAtLeast({ distribution: globalDistribution(), units: -1 })).toThrow('got -1');
    expect(() => keepAtLeast({ distribution: globalDistribution(), fraction: 5 })).toThrow(
      'from 0 to 1, got 5',
    );
  });

  it('is exact in total and keeps its promise for any ties', () => {
    const layer = fc.array(fc.constantFrom(0, 1, 2), { minLength: 1, maxLength: 20 });
    const sparsity = fc.double({ min: 0, max: 0.999, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(layer, { minLength: 1, maxLength: 5 }),
        sparsity,
        fc.nat(3),
        (layers, each, units) => {
          const weights = shared(...layers);
          const most = layers.map(({ length }) => length - Math.min(units, length));
          const total = sum(globalDistribution()(weights, each));
          const guarded = () => keepAtLeast({ distribution: globalDistribution(), units })(weights, each);
          if (total > sum(most)) return void expect(guarded).toThrow('a sparsity of at most');
          expect(sum(guarded())).toBe(total);
          guarded().forEach((count, i) => expect(count).toBeLessThanOrEqual(most[i]!));
        },
      ),
    );
  });
});

describe('layerwiseDistribution', () => {
  const rules = [
    { match: '**', sparsity: 0.5 },
    { match: 'layer-{1,2}', sparsity: 0.8 },
    { match: 'layer-2', sparsity: 0 },
  ];
  const weights = sized(10, 20, 30);

  it('ends with what the last rule of each layer says, on the way in proportion', () => {
    const sizes = [10, 20, 30].map((size, i) => ({ path: `layer-${i}/kernel`, variable: { shape: [size] } }));
    expect(sparsityOfRules(rules, sizes)).toBeCloseTo(21 / 60, 12);
    expect(layerwiseDistribution(rules)(weights, 21 / 60)).toEqual([5, 16, 0]);
    expect(layerwiseDistribution(rules)(weights, 10.5 / 60)).toEqual([3, 8, 0]); // 11 of 2.6 and 8.4
    expect(layerwiseDistribution(rules)(weights, 0)).toEqual([0, 0, 0]);
  });

  it('leaves dense what no rule matches, and keeps pruned what was pruned', () => {
    expect(layerwiseDistribution([{ match: 'layer-0', sparsity: 0.5 }])(weights, 5 / 60)).toEqual([5, 0, 0]);
    const held = shared([-Infinity, 1, 2, 3], [-Infinity, -Infinity, -Infinity, 1]);
    const half = layerwiseDistribution([{ match: '**', sparsity: 0.5 }]);
    expect(half(held, 0.5)).toEqual([1, 3]);
  });

  it('refuses rules that match nothing, sparsities that are none, and more than the rules come to', () => {
    const stranger = layerwiseDistribution([{ match: 'layr-1', sparsity: 0.5 }]);
    expect(() => stranger(weights, 0.1)).toThrow(
      'Expected the rule "layr-1" to match a layer, but it matches none of 3; the nearest are layer-1',
    );
    expect(() => layerwiseDistribution([{ match: '**', sparsity: 1 }])).toThrow('below 1 for "**", got 1');
    expect(() => layerwiseDistribution([])).toThrow('at least one rule');
    expect(() => layerwiseDistribution(rules)(weights, 0.5)).toThrow(
      'a sparsity of at most 0.35, which is what the rules come to, got 0.5',
    );
  });
});
