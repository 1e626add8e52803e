import fc from 'fast-check';
import { globalDistribution, prunedCount } from '../../lib/pruning/distribution';
import { countPruned, maskSet } from '../../lib/pruning/mask';
import { Pattern } from '../../lib/pruning/pattern';
import { blocks } from '../../lib/pruning/patterns/blocks';
import { outputChannels } from '../../lib/pruning/patterns/output-channels';
import { prune } from '../../lib/pruning/prune';

const weight = (data: readonly number[], shape: readonly number[]) => ({
  data: Float32Array.from(data),
  shape,
});
const pruned = (
  pattern: Pattern,
  sparsity: number,
  one: ReturnType<typeof weight>,
  masks = new Map<string, Uint8Array>(),
) => Array.from(prune(sparsity, new Map([['w', one]]), masks, { pattern }).get('w')!);

describe('blocks', () => {
  const kernel = weight([1, 2, 9, 9, 3, 4, 1, 1, 5, 5, 5, 5, 5, 5, 5, 5], [4, 4]); // means 2.5, 5, 5, 5

  it('go as a whole, those of lowest mean, the earlier of equals being kept', () => {
    expect(pruned(blocks({ rows: 2, columns: 2 }), 0.25, kernel)).toEqual([
      ...[0, 0, 1, 1, 0, 0, 1, 1],
      ...[1, 1, 1, 1, 1, 1, 1, 1],
    ]);
    expect(pruned(blocks({ rows: 2, columns: 2 }), 0.5, kernel).slice(8)).toEqual([1, 1, 0, 0, 1, 1, 0, 0]);
    expect(pruned(blocks({ rows: 1, columns: 4 }), 0.5, weight([3, 0, 0, 0, 1, 1, 1, 1], [2, 4]))).toEqual([
      ...[0, 0, 0, 0],
      ...[1, 1, 1, 1],
    ]);
  });

  it('are of the last two axes of a convolution, at each place by itself', () => {
    const convolution = weight([1, 1, 2, 2, 3, 3, 4, 4], [2, 1, 2, 2]);
    expect(pruned(blocks({ rows: 2, columns: 1 }), 0.5, convolution)).toEqual([0, 0, 0, 0, 1, 1, 1, 1]);
  });

  it('refuse shapes that they do not divide, and sizes that are none', () => {
    expect(() => pruned(blocks({ rows: 3, columns: 2 }), 0.5, kernel)).toThrow(
      'that blocks of 3 × 2 divide, got shape [4, 4]',
    );
    expect(() => pruned(blocks({ rows: 1, columns: 3 }), 0.5, kernel)).toThrow('1 × 3');
    expect(() => blocks({ rows: 0, columns: 1 })).toThrow('whole numbers of at least 1, got 0 × 1');
  });
});

describe('outputChannels', () => {
  it('go as a whole', () => {
    const kernel = weight([1, 9, 1, 1, 0, 1], [2, 3]); // means 1, 4.5, 1
    expect(pruned(outputChannels, 1 / 3, kernel)).toEqual([1, 1, 0, 1, 1, 0]);
    expect(pruned(outputChannels, 2 / 3, weight([1, 9, 1, 1, 0, 1, 5, 1], [2, 1, 2, 2]))).toEqual([
      ...[0, 1, 0, 1],
      ...[0, 1, 0, 1],
    ]);
  });

  it('count single weights that were pruned before as no score of their own', () => {
    const kernel = weight([0, 2, 5, 3], [2, 2]); // the first would have a mean of 2.5 with its 0, and has one of 5
    const masks = maskSet([['w', Uint8Array.of(0, 1, 1, 1)]]);
    expect(pruned(outputChannels, 0.5, kernel, new Map(masks))).toEqual([0, 0, 1, 0]);
  });
});

it.each([
  ['blocks', blocks({ rows: 2, columns: 3 }), 6],
  ['outputChannels', outputChannels, 8],
] as const)('%s have exact counts for any ties, zeros and earlier masks', (_, pattern, size) => {
  const value = fc.constantFrom(-2, -1, 0, 0.5, 2);
  const layer = fc.array(value, { minLength: 48, maxLength: 48 }).map((data) => weight(data, [8, 6]));
  const sparsity = fc.double({ min: 0, max: 0.999, noNaN: true });
  fc.assert(
    fc.property(layer, layer, sparsity, sparsity, (a, b, first, second) => {
      const both = new Map([
        ['a', a],
        ['b', b],
      ]);
      const options = { pattern, distribution: globalDistribution() };
      const before = prune(first, both, new Map(), options);
      const after = prune(second, both, before, options);
      const zeros = [...after.values()].reduce((sum, mask) => sum + countPruned(mask), 0);
      const units = 96 / size;
      expect(zeros).toBe(size * Math.max(prunedCount(first, units), prunedCount(second, units)));
      for (const [path, mask] of after) {
        expect(mask.every((keep, i) => keep <= before.get(path)![i]!)).toBe(true);
      }
    }),
  );
});
