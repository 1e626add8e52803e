import { createArena } from '../../lib/wasm/memory';
import { keepMask } from '../../lib/wasm/kernels';
import { streamKey } from '../../lib/core/random';
import { UserError } from '../../lib/core/errors';

function mask(n: number, key: number, rate: number): Uint8Array {
  const out = new Uint8Array(n);
  keepMask(out, key, rate);
  return out;
}

/** Fraction of places where two masks agree. */
function agreement(a: Uint8Array, b: Uint8Array): number {
  return a.reduce((sum, value, i) => sum + Number(value === b[i]), 0) / a.length;
}

/** The generator in plain JavaScript. */
function reference(n: number, key: number, rate: number): Uint8Array {
  const mix = (x: number, inner = 0): number => {
    x = (Math.imul(x ^ (x >>> 16), 0x7feb352d) + inner) | 0;
    x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
    return x ^ (x >>> 16);
  };
  const start = mix(key ^ 0x9e3779b9);
  const inner = mix(key ^ 0x3c6ef372);
  return Uint8Array.from({ length: n }, (_, i) => {
    const hash = mix(start + (i >> 1), inner);
    const draw = i % 2 ? hash >>> 16 : hash & 0xffff;
    return draw >= Math.round(rate * 65536) ? 1 : 0;
  });
}

describe('keepMask', () => {
  it.each([0, 1, 7, 16, 63, 64, 65, 1000])('equals the generator in plain JavaScript, %i elements', (n) => {
    for (const key of [0, 1, -1, 123456789]) expect(mask(n, key, 0.3)).toEqual(reference(n, key, 0.3));
  });

  it('is the same in an arena, at any offset, and touches nothing beyond the ends', () => {
    const arena = createArena({ bytesPerMemory: 65536 });
    const room = arena.uint8(200).fill(9);
    keepMask(room.subarray(3, 180), 5, 0.5);
    expect(room.subarray(3, 180)).toEqual(mask(177, 5, 0.5));
    expect([...room.subarray(0, 3), ...room.subarray(180)]).toEqual(Array(23).fill(9));
  });

  it('gives element i the same value in streams of every length', () => {
    expect(mask(101, 8, 0.4)).toEqual(mask(1000, 8, 0.4).subarray(0, 101));
  });

  it('keeps everything at rate 0', () => {
    expect(new Set(mask(1000, 3, 0))).toEqual(new Set([1]));
  });

  it.each([0.1, 0.25, 0.5, 0.9, 0.999])('keeps a share of 1 − %d', (rate) => {
    const n = 200000;
    const kept = mask(n, 11, rate).reduce((sum, keep) => sum + keep, 0) / n;
    expect(Math.abs(kept - (1 - rate))).toBeLessThan(5 * Math.sqrt((rate * (1 - rate)) / n));
  });

  it('draws neighbours, and every position of a block, independently', () => {
    const n = 160000;
    const m = mask(n, 21, 0.5);
    for (const lag of [1, 2, 3, 4, 7, 8, 15, 16, 17, 32, 64]) {
      expect(Math.abs(agreement(m.subarray(lag), m.subarray(0, n - lag)) - 0.5)).toBeLessThan(
        5 * Math.sqrt(0.25 / n),
      );
    }
    for (let position = 0; position < 16; position++) {
      const kept = m.reduce((sum, keep, i) => sum + (i % 16 === position ? keep : 0), 0) / (n / 16);
      expect(Math.abs(kept - 0.5)).toBeLessThan(5 * Math.sqrt(0.25 / (n / 16)));
    }
  });

  it('gives unrelated streams for keys that lie close', () => {
    const n = 40000;
    const bound = 5 * Math.sqrt(0.25 / n);
    for (const [a, b] of [
      [0, 1],
      [1, 2],
      [100, 108],
      [5, 5 ^ (1 << 31)],
      [7, -7],
    ] as const) {
      expect(Math.abs(agreement(mask(n, a, 0.5), mask(n, b, 0.5)) - 0.5)).toBeLessThan(bound);
    }
  });

  it('shares no stretch between streams of close keys, at any shift', () => {
    // 64 elements of a fair mask repeat by chance with probability 2⁻⁶⁴.
    const seen = new Set<string>();
    let windows = 0;
    for (let key = 0; key < 40; key++) {
      const m = mask(1000, key, 0.5).join('');
      for (let i = 0; i + 64 <= 1000; i++, windows++) seen.add(m.slice(i, i + 64));
    }
    expect(seen.size).toBe(windows);
  });

  it('shares no stretch even between streams whose counters overlap', () => {
    // Two keys whose streams start 37 counters apart, found by inverting the first hash.
    const unshift = (x: number, by: number): number => {
      let y = x;
      for (let i = 0; i < 32 / by; i++) y = x ^ (y >>> by);
      return y;
    };
    const invert = (odd: number): number => {
      let inverse = 1;
      for (let i = 0; i < 5; i++) inverse = Math.imul(inverse, 2 - Math.imul(odd, inverse));
      return inverse;
    };
    const unmix = (x: number): number => {
      x = Math.imul(unshift(x, 16), invert(0x846ca68b));
      x = Math.imul(unshift(x, 15), invert(0x7feb352d));
      return unshift(x, 16);
    };
    const keyOf = (start: number): number => unmix(start) ^ 0x9e3779b9;
    const a = mask(20000, keyOf(1000), 0.5);
    const b = mask(20000, keyOf(1037), 0.5);
    const shifted = agreement(a.subarray(74), b.subarray(0, 20000 - 74));
    expect(Math.abs(shifted - 0.5)).toBeLessThan(5 * Math.sqrt(0.25 / 20000));
  });

  it('gives every layer and tick its own mask', () => {
    const masks = new Set<string>();
    for (let tick = 0; tick < 10; tick++) {
      for (const name of ['a', 'b']) masks.add(mask(128, streamKey(1, tick, name), 0.5).join(''));
    }
    expect(masks.size).toBe(20);
  });

  it.each([-0.1, 1, 1.5, NaN])('refuses a rate of %d', (rate) => {
    expect(() => mask(4, 0, rate)).toThrow(UserError);
  });
});
