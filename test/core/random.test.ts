import { normal, permutation, seededRandom, streamKey } from '../../lib/core/random';

const take = (n: number, random: () => number): number[] => Array.from({ length: n }, () => random());
const mean = (values: number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;

describe('seededRandom', () => {
  it('repeats itself for the same seed and names', () => {
    expect(take(5, seededRandom(7, 'a', 'b'))).toEqual(take(5, seededRandom(7, 'a', 'b')));
  });

  it('gives the same numbers on every machine', () => {
    expect(take(2, seededRandom(1, 'shuffle'))).toEqual([0.20426180632784963, 0.40466117789037526]);
  });

  it('tells seeds, names and the borders between names apart', () => {
    const streams: [number, ...string[]][] = [
      [1],
      [2],
      [-1],
      [1, ''],
      [1, 'ab'],
      [1, 'a', 'b'],
      [1, 'b', 'a'],
      [1, '2'],
    ];
    const firsts = streams.map(([seed, ...names]) => seededRandom(seed, ...names)());
    expect(new Set(firsts).size).toBe(streams.length);
  });

  it('stays in [0, 1) and is uniform', () => {
    const values = take(20000, seededRandom(3));
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...values)).toBeLessThan(1);
    expect(Math.abs(mean(values) - 0.5)).toBeLessThan(4 * Math.sqrt(1 / 12 / 20000));
  });
});

describe('normal', () => {
  const random = seededRandom(5, 'normal');
  const draws = take(20000, () => normal(random));

  it('has mean 0, variance 1 and the tails of a bell', () => {
    expect(Math.abs(mean(draws))).toBeLessThan(4 / Math.sqrt(20000));
    expect(Math.abs(mean(draws.map((x) => x * x)) - 1)).toBeLessThan(4 * Math.sqrt(2 / 20000));
    const beyondTwo = draws.filter((x) => Math.abs(x) > 2).length / 20000; // 0.0455
    expect(Math.abs(beyondTwo - 0.0455)).toBeLessThan(0.006);
  });

  it('is finite at the ends of the uniform range', () => {
    expect(normal(() => 0)).toBeCloseTo(0, 12);
    expect(Number.isFinite(normal(() => 1 - 2 ** -32))).toBe(true);
  });
});

describe('permutation', () => {
  it('holds every number once', () => {
    const order = permutation(1000, seededRandom(1));
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
  });

  it('of nothing and of one', () => {
    expect([...permutation(0, seededRandom(1))]).toEqual([]);
    expect([...permutation(1, seededRandom(1))]).toEqual([0]);
  });

  it('gives every order of three equally often', () => {
    const random = seededRandom(2);
    const counts = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const order = permutation(3, random).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(5 * Math.sqrt(833));
  });
});

describe('streamKey', () => {
  it('is an int32 that depends on every argument, also beyond 32 bits', () => {
    const keys = [
      streamKey(0, 0, ''),
      streamKey(1, 0, ''),
      streamKey(0, 1, ''),
      streamKey(-1, 0, ''),
      streamKey(2 ** 32, 0, ''),
      streamKey(2 ** 33, 0, ''),
      streamKey(0, 2 ** 32, ''),
      streamKey(0, 0, 'a'),
      streamKey(0, 0, 'aa'),
      streamKey(0, 0, '\0'),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    for (const key of keys) expect(key).toBe(key | 0);
  });

  it('has no collisions among a thousand ticks of twenty layers', () => {
    const keys = new Set<number>();
    for (let tick = 0; tick < 1000; tick++) {
      for (let layer = 0; layer < 20; layer++) keys.add(streamKey(42, tick, `encoder/${layer}/dropout`));
    }
    expect(20000 - keys.size).toBeLessThanOrEqual(1); // 0.05 expected by chance
  });

  it('flips half of the bits when one bit of the tick changes', () => {
    let flips = 0;
    for (let tick = 0; tick < 1000; tick++) {
      let difference = streamKey(1, tick, 'x') ^ streamKey(1, tick ^ 1, 'x');
      for (; difference !== 0; difference &= difference - 1) flips++;
    }
    expect(Math.abs(flips / 1000 - 16)).toBeLessThan(0.5);
  });
});
