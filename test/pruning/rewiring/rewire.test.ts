import { UserError } from '../../../lib/core/errors';
import { seededRandom } from '../../../lib/core/random';
import { rewire } from '../../../lib/pruning/rewiring/rewire';
import { rigl } from '../../../lib/pruning/rewiring/rigl';
import { setEvolution } from '../../../lib/pruning/rewiring/set-evolution';

const moved = (data: number[], mask: number[], growth: number[], count: number) => [
  ...rewire(
    { path: 'w', data: Float32Array.from(data), mask: Uint8Array.from(mask) },
    Float32Array.from(growth),
    count,
  ),
];

it('lets the smallest go and those of the highest score come', () => {
  const [data, mask] = [
    [5, 0, -1, 0, 2, 0],
    [1, 0, 1, 0, 1, 0],
  ];
  const growth = [0, 3, 0, 1, 0, 2];
  expect(moved(data, mask, growth, 0)).toEqual(mask);
  expect(moved(data, mask, growth, 1)).toEqual([1, 1, 0, 0, 1, 0]);
  expect(moved(data, mask, growth, 2)).toEqual([1, 1, 0, 0, 0, 1]);
  expect(moved(data, mask, growth, 3)).toEqual([0, 1, 0, 1, 0, 1]);
});

it('what has just gone may come back, and is among those that fill up where fewer are pruned', () => {
  expect(moved([5, 1, 0], [1, 1, 0], [9, 4, 3], 1)).toEqual([1, 1, 0]);
  expect(moved([5, 1, 0], [1, 1, 0], [0, 0, 3], 2)).toEqual([1, 0, 1]);
  expect(moved([5, 1, 2], [1, 1, 1], [0, 0, 0], 3)).toEqual([1, 1, 1]);
});

it('of equal ones those that come first are kept, and come', () => {
  expect(moved([1, 1, 1, 0, 0, 0], [1, 1, 1, 0, 0, 0], [0, 0, 0, 2, 2, 2], 1)).toEqual([1, 1, 0, 1, 0, 0]);
  expect(moved([0, 0, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0], 1)).toEqual([1, 1, 0, 0]);
});

it('keeps the number of zeros, whatever the weights are', () => {
  for (let seed = 0; seed < 50; seed++) {
    const random = seededRandom(seed, 'rewire');
    const draw = (at: () => number) => Array.from({ length: 40 }, at);
    const mask = draw(() => Number(random() < 0.3));
    const data = mask.map((keep) => keep * Math.round(4 * random() - 2));
    const ones = mask.filter(Boolean).length;
    const after = moved(
      data,
      mask,
      draw(() => Math.round(3 * random())),
      Math.floor(random() * (ones + 1)),
    );
    expect(after.filter(Boolean)).toHaveLength(ones);
  }
});

it('refuses what is no number, where it would be looked at', () => {
  expect(() => moved([NaN, 1, 0], [1, 1, 0], [0, 0, 0], 1)).toThrow(UserError);
  expect(() => moved([NaN, 1, 0], [1, 1, 0], [0, 0, 0], 1)).toThrow(
    'of "w" by, got a weight of NaN at value 0',
  );
  expect(() => moved([2, 1, 0], [1, 1, 0], [0, 0, NaN], 1)).toThrow('a growth score of NaN at value 2');
  expect(moved([2, 1, 0], [1, 1, 0], [NaN, 0, 0], 1)).toEqual([1, 1, 0]); // is kept, and not looked at
});

describe('how zeros move', () => {
  const due = ({ over }: ReturnType<typeof rigl>, steps: number) =>
    Array.from({ length: steps + 2 }, (_, step) => step).filter((step) => over(steps).isDue(step));

  it('RigL: by the size of the gradient, a share that falls as a cosine to 0 at the end', () => {
    const by = rigl({ fraction: 0.4, every: 5, end: 0.5 });
    expect(due(by, 40)).toEqual([5, 10, 15]);
    const fractions = [0, 5, 10, 15, 20].map((step) => by.over(40).at(step));
    // 0.2 (1 + cos(π t / 20))
    [0.4, 0.2 + 0.1 * Math.SQRT2, 0.2, 0.2 - 0.1 * Math.SQRT2, 0].forEach((value, i) =>
      expect(fractions[i]).toBeCloseTo(value, 12),
    );
    const gradient = Float32Array.of(-3, 2, 0);
    expect([...by.growth({ path: 'w', gradient, step: 5 })]).toEqual([3, 2, 0]);
    expect([...gradient]).toEqual([-3, 2, 0]);
    expect(rigl().config).toEqual({ name: 'rigl', options: { fraction: 0.3, every: 100, end: 0.75 } });
  });

  it('SET: at random by seed, weight and step, the same share up to the end', () => {
    const by = setEvolution({ seed: 1, every: 10 });
    expect(due(by, 40)).toEqual([10, 20, 30]);
    expect(by.over(40).at(30)).toBe(0.3);
    const gradient = new Float32Array(4);
    const drawn = (path: string, step: number, of = by) => [...of.growth({ path, gradient, step })];
    expect(drawn('w', 10)).toEqual(drawn('w', 10));
    expect(new Set(drawn('w', 10)).size).toBe(4);
    for (const other of [drawn('v', 10), drawn('w', 20), drawn('w', 10, setEvolution({ seed: 2 }))]) {
      expect(other).not.toEqual(drawn('w', 10));
    }
  });

  it.each([
    [{ fraction: 0 }, 'above 0 and below 1 to move, got 0'],
    [{ fraction: 1 }, 'got 1'],
    [{ every: 0 }, 'every as a whole number of at least 1, got 0'],
    [{ end: 1.5 }, 'end as a fraction of the run'],
  ])('refuses %j', (options, message) => {
    expect(() => rigl(options)).toThrow(message);
    expect(() => setEvolution({ seed: 0, ...options })).toThrow(message);
  });
});
