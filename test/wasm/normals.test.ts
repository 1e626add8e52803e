import { createArena } from '../../lib/wasm/memory';
import { normals } from '../../lib/wasm/kernels';
import { UserError } from '../../lib/core/errors';

function draws(n: number, key: number, mean = 0, stddev = 1): Float32Array {
  const out = new Float32Array(n);
  normals(out, key, mean, stddev);
  return out;
}

/** The uniform numbers in (−1, 1) that the generator starts from, in plain JavaScript. */
function uniforms(n: number, key: number): number[] {
  const mix = (x: number, inner = 0): number => {
    x = (Math.imul(x ^ (x >>> 16), 0x7feb352d) + inner) | 0;
    x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
    return x ^ (x >>> 16);
  };
  const [start, inner] = [mix(key ^ 0x9e3779b9), mix(key ^ 0x3c6ef372)];
  return Array.from({ length: n }, (_, i) => ((mix(start + i, inner) >> 8) + 0.5) / 2 ** 23);
}

/** 1 − erf x at x ≥ 0: the series of erf up to 2, Lentz's continued fraction beyond it. */
function erfc(x: number): number {
  if (x > 2) {
    let fraction = 0;
    for (let k = 80; k > 0; k--) fraction = k / 2 / (x + fraction);
    return Math.exp(-x * x) / Math.sqrt(Math.PI) / (x + fraction);
  }
  let [sum, term] = [x, x];
  for (let k = 1; k < 60; k++) sum += (term *= (-x * x) / k) / (2 * k + 1);
  return 1 - (2 / Math.sqrt(Math.PI)) * sum;
}

/** How far z is from the number whose erf is x, in units of z: one step of Newton's. */
function relativeError(z: number, x: number): number {
  const y = Math.abs(z) / Math.SQRT2;
  const slope = (2 / Math.sqrt(Math.PI)) * Math.exp(-y * y);
  return (erfc(y) - (1 - Math.abs(x))) / slope / y;
}

const moment = (values: Float32Array, power: number): number =>
  values.reduce((sum, value) => sum + value ** power, 0) / values.length;

describe('normals', () => {
  it('is the inverse of the normal distribution function at uniform numbers, to six digits', () => {
    const n = 10_000;
    for (const key of [0, -1, 123456789]) {
      const [z, x] = [draws(n, key), uniforms(n, key)];
      const errors = x.map((value, i) => Math.abs(relativeError(z[i]!, value)));
      expect(Math.max(...errors)).toBeLessThan(2e-6);
      expect(x.every((value, i) => Math.sign(value) === Math.sign(z[i]!))).toBe(true);
    }
  });

  it('has the moments of the normal distribution', () => {
    const n = 200_000;
    const z = draws(n, 5);
    // Standard deviations of the moments' estimates: √1, √2, √15, √96 over √n.
    expect(Math.abs(moment(z, 1))).toBeLessThan(5 / Math.sqrt(n));
    expect(Math.abs(moment(z, 2) - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
    expect(Math.abs(moment(z, 3))).toBeLessThan(5 * Math.sqrt(15 / n));
    expect(Math.abs(moment(z, 4) - 3)).toBeLessThan(5 * Math.sqrt(96 / n));
    expect(z.reduce((most, value) => Math.max(most, Math.abs(value)), 0)).toBeLessThan(5.42);
  });

  it('scales and shifts, and is the mean alone at a deviation of 0', () => {
    const z = draws(1000, 3);
    expect(draws(1000, 3, 2, 0.5)).toEqual(z.map((value) => 2 + Math.fround(0.5 * value)));
    expect(new Set(draws(5, 3, 0.25, 0))).toEqual(new Set([0.25]));
  });

  it('draws neighbours, and keys that lie close, independently', () => {
    const n = 100_000;
    const z = draws(n, 21);
    const correlation = (a: Float32Array, b: Float32Array) =>
      b.reduce((sum, value, i) => sum + value * a[i]!, 0) / b.length;
    for (const lag of [1, 2, 3, 4, 5, 8, 16]) {
      expect(Math.abs(correlation(z, z.subarray(lag)))).toBeLessThan(5 / Math.sqrt(n));
    }
    expect(Math.abs(correlation(z, draws(n, 22)))).toBeLessThan(5 / Math.sqrt(n));
  });

  it.each([0, 1, 3, 4, 5, 15, 16, 17])(
    'gives element i the same value in streams of every length: %i',
    (n) => {
      expect(draws(n, 8)).toEqual(draws(1000, 8).subarray(0, n));
    },
  );

  it('is the same in an arena, at any offset, and touches nothing beyond the ends', () => {
    const room = createArena({ bytesPerMemory: 65536 }).float32(50).fill(9);
    normals(room.subarray(3, 42), 5, 0, 1);
    expect(room.subarray(3, 42)).toEqual(draws(39, 5));
    expect([...room.subarray(0, 3), ...room.subarray(42)]).toEqual(Array(11).fill(9));
  });

  it.each([
    [0, -1],
    [0, NaN],
    [0, Infinity],
    [NaN, 1],
  ])('refuses a mean of %d with a deviation of %d', (mean, stddev) => {
    expect(() => normals(new Float32Array(4), 0, mean, stddev)).toThrow(UserError);
  });
});
