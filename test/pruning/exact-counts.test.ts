import fc from 'fast-check';
import { seededRandom } from '../../lib/core/random';
import { sizeOf } from '../../lib/core/host-tensor';
import {
  Distribution,
  globalDistribution,
  prunedCount,
  uniformDistribution,
} from '../../lib/pruning/distribution';
import { erdosRenyi, erdosRenyiKernel } from '../../lib/pruning/distributions/erdos-renyi';
import { sum } from '../../lib/pruning/distributions/in-proportion';
import { keepAtLeast } from '../../lib/pruning/distributions/keep-at-least';
import { layerwiseDistribution } from '../../lib/pruning/distributions/layerwise';
import { countPruned, maskSet, MaskSet } from '../../lib/pruning/mask';
import { growOnly, regrow } from '../../lib/pruning/mask-rule';
import { Pattern, unstructured } from '../../lib/pruning/pattern';
import { blocks } from '../../lib/pruning/patterns/blocks';
import { nOfM } from '../../lib/pruning/patterns/n-of-m';
import { outputChannels } from '../../lib/pruning/patterns/output-channels';
import { prune, PrunableWeight, PruneOptions } from '../../lib/pruning/prune';
import { magnitude, randomSaliency } from '../../lib/pruning/saliency';

/** Weights that are often equal or 0, of shapes that every pattern divides. */
const layer = fc
  .tuple(fc.constantFrom([4, 2], [8, 3], [2, 4, 1], [1, 2, 4, 5]), fc.nat(1e6), fc.boolean())
  .map(([shape, seed, hasTies]): PrunableWeight => {
    const random = seededRandom(seed, 'layer');
    const value = () => (hasTies ? Math.round(4 * random()) / 2 - 1 : random() - 0.5);
    return { shape, data: Float32Array.from({ length: sizeOf(shape) }, value) };
  });
const model = fc
  .array(layer, { minLength: 1, maxLength: 4 })
  .map((layers) => new Map(layers.map((each, i) => [`${i}/kernel`, each])));

/** Masks of any single values, as another pattern may have left them, of some of the weights. */
const masksFor = (weights: ReadonlyMap<string, PrunableWeight>, seed: number): MaskSet => {
  const random = seededRandom(seed, 'masks');
  const some = [...weights].filter(() => random() < 0.5);
  return maskSet(some.map(([path, { data }]) => [path, Uint8Array.from(data, () => Number(random() < 0.7))]));
};

const PATTERNS: Readonly<Record<string, Pattern>> = {
  unstructured,
  nOfM: nOfM({ keep: 2, of: 4 }),
  blocks: blocks({ rows: 4, columns: 1 }),
  outputChannels,
};
const DISTRIBUTIONS: Readonly<Record<string, Distribution>> = {
  globalDistribution: globalDistribution(),
  uniformDistribution: uniformDistribution(),
  erdosRenyi: erdosRenyi(),
  erdosRenyiKernel: erdosRenyiKernel(),
  layerwiseDistribution: layerwiseDistribution([{ match: '**', sparsity: 0.999 }]),
  keepAtLeast: keepAtLeast({ distribution: globalDistribution(), units: 0 }),
};
/** N:M has no room for layers of unequal sparsities. */
const cases = Object.keys(PATTERNS).flatMap((pattern) =>
  Object.keys(DISTRIBUTIONS)
    .filter(
      (distribution) =>
        pattern !== 'nOfM' || ['globalDistribution', 'uniformDistribution'].includes(distribution),
    )
    .map((distribution) => [pattern, distribution] as const),
);

/** How many units of a mask are pruned as a whole. */
function unitsOf(pattern: Pattern, mask: Uint8Array, shape: readonly number[]) {
  const whole = pattern.pool(
    Float32Array.from(mask, (keep) => (keep === 1 ? 1 : -Infinity)),
    shape,
  );
  return whole.filter((score) => score === -Infinity).length;
}

describe.each(cases)('%s, %s', (patternName, distributionName) => {
  const [pattern, distribution] = [PATTERNS[patternName]!, DISTRIBUTIONS[distributionName]!];
  const sparsity = fc.double({ min: 0, max: pattern.maxSparsity ?? 0.999, noNaN: true });

  it('prunes as many units as asked, whatever ties and zeros there are', () => {
    fc.assert(
      fc.property(model, sparsity, fc.boolean(), (weights, asked, isRandom) => {
        const options = { pattern, distribution, saliency: isRandom ? randomSaliency(1) : magnitude };
        const masks = prune(asked, weights, new Map(), options);
        const counts = [...masks].map(([path, mask]) => unitsOf(pattern, mask, weights.get(path)!.shape));
        const sizes = [...weights.values()].map(({ shape }) => pattern.units(shape));
        const expected =
          distributionName === 'uniformDistribution'
            ? sum(sizes.map((size) => prunedCount(asked, size)))
            : prunedCount(asked, sum(sizes));
        expect(sum(counts)).toBe(expected);
      }),
    );
  });

  it('holds what was pruned before, and prunes as many as asked where that is more', () => {
    fc.assert(
      fc.property(model, sparsity, fc.nat(1e6), (weights, asked, seed) => {
        const before = masksFor(weights, seed);
        const options: PruneOptions = { pattern, distribution, rule: growOnly };
        const after = prunedOrFull(asked, weights, before, options);
        if (!after) return;
        for (const [path, mask] of after) {
          const held = before.get(path);
          expect(mask.every((keep, i) => keep === 0 || (held?.[i] ?? 1) === 1)).toBe(true);
        }
        const unitsIn = (masks: MaskSet) =>
          sum([...masks].map(([path, mask]) => unitsOf(pattern, mask, weights.get(path)!.shape)));
        const sizes = [...weights.values()].map(({ shape }) => pattern.units(shape));
        if (distributionName !== 'uniformDistribution') {
          expect(unitsIn(after)).toBe(Math.max(prunedCount(asked, sum(sizes)), unitsIn(before)));
        }
      }),
    );
  });

  it('may bring anything back, to as many', () => {
    fc.assert(
      fc.property(model, sparsity, fc.nat(1e6), (weights, asked, seed) => {
        const options = { pattern, distribution, saliency: randomSaliency(2) };
        const again = prune(asked, weights, masksFor(weights, seed), { ...options, rule: regrow });
        const zeros = (masks: MaskSet) => [...masks.values()].map(countPruned);
        expect(zeros(again)).toEqual(zeros(prune(asked, weights, new Map(), options)));
      }),
    );
  });
});

/** Nothing where earlier masks have left N:M fewer candidates than are asked for, which is refused. */
function prunedOrFull(
  sparsity: number,
  weights: ReadonlyMap<string, PrunableWeight>,
  before: MaskSet,
  options: PruneOptions,
): MaskSet | undefined {
  try {
    return prune(sparsity, weights, before, options);
  } catch (error) {
    expect(String(error)).toMatch(/Expected at most \d+ weights to prune, 2 of 4/);
    return undefined;
  }
}
