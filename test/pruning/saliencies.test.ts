import { seededRandom } from '../../lib/core/random';
import { globalDistribution } from '../../lib/pruning/distribution';
import { countPruned } from '../../lib/pruning/mask';
import { prune } from '../../lib/pruning/prune';
import { accumulatedTaylor } from '../../lib/pruning/saliencies/accumulated-taylor';
import { blockFisher, BlockFisherOptions } from '../../lib/pruning/saliencies/block-fisher';
import { diagonalFisher } from '../../lib/pruning/saliencies/diagonal-fisher';
import { gradientMagnitude } from '../../lib/pruning/saliencies/gradient-magnitude';
import { snip } from '../../lib/pruning/saliencies/snip';
import { squaredInputs, wanda } from '../../lib/pruning/saliencies/wanda';
import { withinOutputs } from '../../lib/pruning/saliencies/within-outputs';
import { magnitude, Saliency, taylor } from '../../lib/pruning/saliency';
import { Stats, statsOf, WeightStatistic } from '../../lib/pruning/weight-statistics';

interface Seen {
  readonly weights: readonly number[];
  readonly gradient: readonly number[];
  readonly count?: number;
}

/** What a saliency needs of these batches. */
function statsOfBatches({ needs = [] }: Saliency, shape: readonly number[], batches: readonly Seen[]): Stats {
  const gathered = needs.map((need): [WeightStatistic, Float32Array] => {
    if (need.of !== 'gradients') throw new Error('Expected statistics of gradients.');
    const size = need.sizeOf?.(shape) ?? shape.reduce((product, n) => product * n, 1);
    const total = new Float32Array(size);
    for (const { weights, gradient, count = 1 } of batches) {
      const [w, g] = [Float32Array.from(weights), Float32Array.from(gradient)];
      need.add(total, { weights: w, gradient: g, shape, count });
    }
    return [need, total];
  });
  return statsOf('a', new Map(gathered));
}

const scoresOf = (
  saliency: Saliency,
  data: readonly number[],
  shape: readonly number[],
  batches: readonly Seen[],
) =>
  saliency({
    path: 'a',
    data: Float32Array.from(data),
    shape,
    stats: statsOfBatches(saliency, shape, batches),
  });

describe('sums over batches', () => {
  const batches: Seen[] = [
    { weights: [2, -3, 1], gradient: [1, 0.5, -2], count: 2 },
    { weights: [1, -2, 1], gradient: [-2, 0.5, 0] },
  ];

  it.each<[string, Saliency, number[]]>([
    ['gradientMagnitude', gradientMagnitude, [2 * 1 + 2, 2 * 0.5 + 0.5, 2 * 2]],
    ['accumulatedTaylor', accumulatedTaylor, [2 * 2 + 2, 2 * 1.5 + 1, 2 * 2]],
    ['taylor', taylor, [2 * 2 - 2, 2 * 1.5 + 1, 2 * 2]],
    ['snip', snip, [2 * 2 - 2, 2 * 1.5 + 1, 2 * 2]],
    [
      'diagonalFisher',
      diagonalFisher,
      [(16 * (2 * 1 + 4)) / 2, (4 * (2 * 0.25 + 0.25)) / 2, (9 * 2 * 4) / 2],
    ],
  ])('%s', (_, saliency, expected) => {
    expect([...scoresOf(saliency, [4, -2, 3], [3], batches)]).toEqual(expected);
  });
});

test('SNIP prunes as its paper does, where all sensitivities are divided by their sum', () => {
  const random = seededRandom(1, 'snip');
  const draw = (size: number) => Array.from({ length: size }, () => random() - 0.5);
  const weights = new Map(
    ['a', 'b'].map((path, i) => {
      const [data, gradient] = [draw(20 + i), draw(20 + i)];
      const stats = statsOfBatches(snip, [20 + i], [{ weights: data, gradient }]);
      return [path, { data: Float32Array.from(data), shape: [20 + i], stats, gradient }];
    }),
  );
  const products = [...weights.values()].flatMap(({ data, gradient }) =>
    gradient.map((g, i) => Math.abs(g * data[i]!)),
  );
  const total = products.reduce((sum, each) => sum + each, 0);
  const normalised = products.map((each) => each / total);
  const threshold = [...normalised].sort((a, b) => a - b)[28 - 1]!;
  const masks = prune(28 / 41, weights, new Map(), { saliency: snip, distribution: globalDistribution() });
  expect([...masks.values()].flatMap((mask) => [...mask])).toEqual(
    normalised.map((each) => Number(each > threshold)),
  );
});

describe('blockFisher', () => {
  /** [F⁻¹]_ii of each weight by Gauss and Jordan, of blocks along the rows of a column, each with λ of its own. */
  function denseScores(
    data: readonly number[],
    [rows, columns]: readonly [number, number],
    gradients: readonly (readonly number[])[],
    { blockSize, damping }: Required<BlockFisherOptions>,
  ): number[] {
    return data.map((w, at) => {
      const [row, column] = [Math.floor(at / columns), at % columns];
      const first = row - (row % blockSize);
      const members = Array.from({ length: Math.min(blockSize, rows - first) }, (_, i) => first + i);
      const product = (i: number, j: number) =>
        gradients.reduce((sum, g) => sum + g[i * columns + column]! * g[j * columns + column]!, 0);
      const mean = members.reduce((sum, i) => sum + product(i, i), 0) / members.length;
      const fisher = members.map((i) => members.map((j) => product(i, j) + (i === j ? damping * mean : 0)));
      return w ** 2 / (2 * inverse(fisher)[row - first]![row - first]!);
    });
  }

  function inverse(matrix: readonly (readonly number[])[]): number[][] {
    const n = matrix.length;
    const both = matrix.map((row, i) => [...row, ...Array.from({ length: n }, (_, j) => Number(i === j))]);
    for (let i = 0; i < n; i++) {
      const pivot = both[i]![i]!;
      both[i] = both[i]!.map((value) => value / pivot);
      for (let k = 0; k < n; k++) {
        const factor = both[k]![i]!;
        if (k !== i) both[k] = both[k]!.map((value, j) => value - factor * both[i]![j]!);
      }
    }
    return both.map((row) => row.slice(n));
  }

  const random = seededRandom(3, 'blocks');
  const draw = (size: number) => Array.from({ length: size }, () => Math.fround(random() - 0.5));

  it.each([
    [{ blockSize: 4, damping: 0.01 }, 'of which the last is smaller'],
    [{ blockSize: 16, damping: 0.5 }, 'larger than an output'],
    [{ blockSize: 1, damping: 1e-6 }, 'of one weight'],
  ])('is w² / (2 [F⁻¹]_ii) of a dense inverse: blocks %j, %s', (options) => {
    const [rows, columns] = [11, 3];
    const data = draw(rows * columns);
    const gradients = Array.from({ length: 6 }, () => draw(rows * columns)); // fewer than a block has weights
    const own = scoresOf(
      blockFisher(options),
      data,
      [rows, columns],
      gradients.map((gradient) => ({ weights: data, gradient })),
    );
    denseScores(data, [rows, columns], gradients, options).forEach((score, i) =>
      expect(Math.abs(own[i]! / score - 1)).toBeLessThan(2e-4),
    );
  });

  it('takes kernels of convolutions by their outputs', () => {
    const [data, gradient] = [draw(24), draw(24)];
    const batches = [{ weights: data, gradient }];
    const saliency = blockFisher({ blockSize: 5 });
    expect(scoresOf(saliency, data, [2, 2, 3, 2], batches)).toEqual(
      scoresOf(saliency, data, [12, 2], batches),
    );
  });

  it('keeps one of two weights that do the same, both of which a diagonal would keep', () => {
    const gradients = [1, -1, 2].map((g) => [g, g, 0.6 * Math.abs(g)]); // the third is on its own
    const batches = gradients.map((gradient) => ({ weights: [1, 1, 1], gradient }));
    const [first, second, third] = scoresOf(blockFisher(), [1, 1, 1], [3, 1], batches);
    expect(first).toBeCloseTo(second!, 5);
    expect(third).toBeGreaterThan(first!);
    const diagonal = scoresOf(diagonalFisher, [1, 1, 1], [3, 1], batches);
    expect(diagonal[2]).toBeLessThan(diagonal[0]!);
  });

  it('scores what has no gradient 0, and is diagonalFisher in blocks of one', () => {
    const batches = [{ weights: [1, 2], gradient: [0, 0] }];
    expect([...scoresOf(blockFisher(), [1, 2], [2, 1], batches)]).toEqual([0, 0]);
    const one = { weights: [1, 2], gradient: [3, 4] };
    const scores = scoresOf(blockFisher({ blockSize: 1, damping: 1 }), [1, 2], [2, 1], [one]);
    expect([...scores]).toEqual([...scoresOf(diagonalFisher, [1, 2], [2, 1], [one])].map((each) => 2 * each));
  });

  it.each([
    [{ blockSize: 0 }, 'blockSize as a whole number of at least 1, got 0'],
    [{ blockSize: 1.5 }, 'got 1.5'],
    [{ damping: 0 }, 'damping above 0'],
    [{ damping: NaN }, 'got NaN'],
  ])('refuses %j', (options, message) => {
    expect(() => blockFisher(options)).toThrow(message);
  });
});

describe('withinOutputs', () => {
  const weight = (data: number[], shape: number[]) => ({ data: Float32Array.from(data), shape });

  it('is the share of the output that scores lower; the earlier of equals is higher', () => {
    const kernel = {
      path: 'a',
      ...weight([4, 0, 1, 0, 3, 0, 2, -0], [4, 2]),
      stats: statsOf('a', new Map()),
    };
    expect([...withinOutputs(magnitude)(kernel)]).toEqual([0.75, 0.75, 0, 0.5, 0.5, 0.25, 0.25, 0]);
  });

  it('prunes as many of every output, at once and on the way there', () => {
    const random = seededRandom(5, 'outputs');
    const data = Array.from({ length: 60 }, (_, i) => random() * (i % 6 === 0 ? 100 : 1));
    const one = new Map([['a', weight(data, [10, 6])]]);
    const half = prune(0.5, one, new Map(), { saliency: withinOutputs(magnitude) });
    const more = prune(0.7, one, half, { saliency: withinOutputs(magnitude) });
    const perOutput = (mask: Uint8Array) =>
      [0, 1, 2, 3, 4, 5].map((output) => countPruned(mask.filter((_, i) => i % 6 === output)));
    expect([half, more].map((masks) => perOutput(masks.get('a')!))).toEqual([
      [5, 5, 5, 5, 5, 5],
      [7, 7, 7, 7, 7, 7],
    ]);
  });

  it('does not make a score of what is none', () => {
    const one = new Map([['a', weight([1, NaN], [2, 1])]]);
    expect(() => prune(0.5, one, new Map(), { saliency: withinOutputs(magnitude) })).toThrow(
      'got NaN for value 1 of "a"',
    );
  });
});

describe('wanda', () => {
  const by = (squares: number[], data: number[], shape: number[]) =>
    wanda({
      path: 'a',
      data: Float32Array.from(data),
      shape,
      stats: statsOf('a', new Map([[squaredInputs, Float32Array.from(squares)]])),
    });

  it('compares |w| ‖x‖ inside of each output', () => {
    // 1·6, 2·1; 4·2, 3·5; 9·1, 1·4
    expect([...by([1, 4, 9], [6, -1, 2, 5, 1, 4], [3, 2])].map((rank) => Math.round(3 * rank))).toEqual([
      2, 0, 1, 1, 0, 2,
    ]);
  });

  it('takes the input channel of a convolution at every place of the kernel', () => {
    // [2, 2, 1]: channels 0 1 at the first place, 0 1 at the second, times 1 and 3
    expect([...by([1, 9], [5, 1, 2, 2], [2, 2, 1])]).toEqual([0.5, 0.25, 0, 0.75]);
  });

  it('refuses weights of other channels', () => {
    expect(() => by([1, 2, 3], [1, 2], [2, 1])).toThrow(
      'a kernel [..., 3, outputs] of as many input channels as the layer sees, got "a" of shape [2, 1]',
    );
  });
});
