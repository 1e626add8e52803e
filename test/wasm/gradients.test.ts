import { createArena } from '../../lib/wasm/memory';
import { accumulate, addRows, sumOfSquares, sumOfSquaresOfRows, zeroRows } from '../../lib/wasm/kernels';
import { UserError } from '../../lib/core/errors';
import { bits, coinFlips, draws, inOneMemory, maskOver } from './values';

const arena = createArena({ bytesPerMemory: 2 ** 20 });
const SIZES = [0, 1, 3, 7, 8, 9, 16, 63, 64, 100, 1001];

describe('sumOfSquares', () => {
  it.each(SIZES)('sums in float64, %i values', (n) => {
    const x = draws(n, n);
    const expected = x.reduce((sum, value) => sum + value * value, 0);
    for (const view of [x, inOneMemory(arena, x)[0]!]) {
      expect(Math.abs(sumOfSquares(view) - expected)).toBeLessThanOrEqual(1e-14 * expected);
    }
  });

  it.each(SIZES)('leaves out what the mask drops, NaN included, %i values', (n) => {
    const [x, room] = inOneMemory(arena, draws(n, n), new Float32Array(n));
    const mask = maskOver(room!, coinFlips(n, n));
    const kept = x!.map((value, i) => (mask[i] ? value : 0));
    mask.forEach((keep, i) => {
      if (!keep) x![i] = NaN;
    });
    expect(sumOfSquares(x!, mask)).toBe(sumOfSquares(kept));
  });

  it('is exact where float32 would lose or overflow', () => {
    expect(sumOfSquares(Float32Array.of(1, 2 ** -13, 1e30))).toBe(1 + 2 ** -26 + Math.fround(1e30) ** 2);
    expect(sumOfSquares(Float32Array.of(1, 2 ** -20))).toBe(1 + 2 ** -40);
  });

  it('is NaN for a NaN at any place', () => {
    for (let i = 0; i < 19; i++) {
      const x = new Float32Array(19);
      x[i] = NaN;
      expect(sumOfSquares(x)).toBeNaN();
    }
  });

  it('refuses a mask of another memory', () => {
    expect(() => sumOfSquares(arena.float32(4), new Uint8Array(4))).toThrow('memory');
  });
});

describe('sumOfSquaresOfRows', () => {
  const x = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9); // [3, 3]

  it('counts the given rows', () => {
    expect(sumOfSquaresOfRows(x, [2, 0], 3)).toBe(49 + 64 + 81 + 1 + 4 + 9);
    expect(sumOfSquaresOfRows(x, [], 3)).toBe(0);
  });

  it('leaves out what the mask drops', () => {
    const [view, room] = inOneMemory(arena, x, new Float32Array(9));
    const mask = maskOver(room!, Uint8Array.of(1, 0, 1, 1, 1, 1, 0, 0, 1));
    expect(sumOfSquaresOfRows(view!, [0, 2], 3, mask)).toBe(1 + 9 + 81);
  });
});

describe('accumulate', () => {
  it.each(SIZES)('adds in place, in float32, inside and outside of a memory, %i values', (n) => {
    const [a, b] = [draws(n, 1), draws(n, 2)];
    const expected = bits(a.map((value, i) => value + b[i]!));
    const [into, x] = inOneMemory(arena, a, b);
    accumulate(into!, x!);
    expect(bits(into!)).toEqual(expected);
    expect(bits(x!)).toEqual(bits(b));
    const [outside, half] = [a.slice(), inOneMemory(arena, a)[0]!];
    accumulate(outside, b);
    accumulate(half, b);
    expect(bits(outside)).toEqual(expected);
    expect(bits(half)).toEqual(expected);
  });

  it('copies what lies outside of the memory in parts', () => {
    const n = 50001;
    const into = arena.float32(n).fill(1);
    accumulate(
      into,
      Float32Array.from({ length: n }, (_, i) => i),
    );
    expect(into.every((value, i) => value === i + 1)).toBe(true);
  });

  it('touches nothing beyond the end', () => {
    const [into, x] = inOneMemory(arena, new Float32Array(40), new Float32Array(40).fill(1));
    accumulate(into!.subarray(1, 20), x!.subarray(1, 20));
    expect([...into!]).toEqual([0, ...Array(19).fill(1), ...Array(20).fill(0)]);
  });

  it('refuses other lengths', () => {
    expect(() => accumulate(new Float32Array(3), new Float32Array(4))).toThrow('3');
  });
});

describe('addRows', () => {
  it.each([1, 3, 16, 21])('adds repeated rows in order, rows of %i', (width) => {
    const ids = Int32Array.of(2, 0, 2, 4, 2);
    const rows = draws(5 * width, 3);
    const expected = draws(5 * width, 4);
    const start = expected.slice();
    ids.forEach((id, i) => {
      for (let j = 0; j < width; j++) expected[id * width + j]! += rows[i * width + j]!;
    });
    const [into, near] = inOneMemory(arena, start, rows);
    addRows(into!, ids, near!, width);
    expect(bits(into!)).toEqual(bits(expected));
    const half = inOneMemory(arena, start)[0]!;
    addRows(half, ids, rows, width);
    expect(bits(half)).toEqual(bits(expected));
    addRows(start, ids, rows, width);
    expect(bits(start)).toEqual(bits(expected));
  });

  it.each([7, 20000])('copies rows that lie outside of the memory in parts, rows of %i', (width) => {
    const ids = Int32Array.from({ length: Math.ceil(60000 / width) }, (_, i) => (i * 5) % 3);
    const rows = Float32Array.from({ length: ids.length * width }, (_, i) => i % 1000);
    const [outside, into] = [new Float32Array(3 * width), arena.float32(3 * width)];
    addRows(outside, ids, rows, width);
    addRows(into, ids, rows, width);
    expect(outside.some((value) => value > 0)).toBe(true);
    expect(into.every((value, i) => value === outside[i])).toBe(true);
  });

  it.each([-1, 5])('refuses row %i of five before adding anything', (id) => {
    const into = new Float32Array(10);
    expect(() => addRows(into, Int32Array.of(0, id), new Float32Array(4).fill(1), 2)).toThrow(UserError);
    expect([...into]).toEqual(Array(10).fill(0));
  });

  it('refuses another number of values', () => {
    expect(() => addRows(new Float32Array(10), Int32Array.of(0), new Float32Array(3), 2)).toThrow(
      '1 rows of 2',
    );
  });
});

describe('zeroRows', () => {
  it('clears the given rows and no others', () => {
    const into = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8);
    zeroRows(into, new Set([3, 1]), 2);
    expect([...into]).toEqual([1, 2, 0, 0, 5, 6, 0, 0]);
  });

  it('is over at once without rows', () => {
    const into = Float32Array.of(1, 2);
    zeroRows(into, [], 2);
    expect([...into]).toEqual([1, 2]);
  });
});
