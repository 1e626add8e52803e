import { createArena } from '../../lib/wasm/memory';
import { CodedMatrix, quantizeColumns, quantizeRows } from '../../lib/wasm/kernels';
import { differences, draws, inOneMemory } from './values';

const SHAPES = [
  [1, 1],
  [2, 2],
  [3, 5],
  [4, 16],
  [5, 17],
  [6, 19],
  [7, 64],
  [9, 100],
  [300, 2],
  [2, 70001],
] as const;

/** Half to even. */
function round(x: number): number {
  const floor = Math.floor(x);
  if (x - floor !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}

function reference(weights: Float32Array, { rows, columns, limit }: CodedMatrix, axis: 'rows' | 'columns') {
  const index = (k: number): number => (axis === 'rows' ? Math.floor(k / columns) : k % columns);
  const scales = new Float32Array(axis === 'rows' ? rows : columns);
  weights.forEach((w, k) => {
    scales[index(k)] = Math.max(scales[index(k)]!, Math.abs(w));
  });
  for (let i = 0; i < scales.length; i++) {
    scales[i]! /= limit;
    if (scales[i] === 0) scales[i] = 1;
  }
  const codes = Int8Array.from(weights, (w, k) =>
    Math.max(-limit, Math.min(limit, round(Math.fround(w / scales[index(k)]!)))),
  );
  return { scales, codes };
}

describe.each([
  ['columns', quantizeColumns],
  ['rows', quantizeRows],
] as const)('quantize along %s', (axis, quantize) => {
  const places = {
    'one memory': () => {
      const arena = createArena({ bytesPerMemory: 2 ** 21 });
      return { weights: arena, codes: arena, scales: arena };
    },
    'several memories': () => ({
      weights: createArena({ bytesPerMemory: 2 ** 21 }),
      codes: createArena({ bytesPerMemory: 2 ** 21 }),
      scales: createArena({ bytesPerMemory: 2 ** 21 }),
    }),
  };

  it.each(SHAPES)('equals the formula bit for bit, [%i, %i], wherever the arrays lie', (rows, columns) => {
    const values = draws(rows * columns, rows, 0.02);
    for (const limit of [127, 63, 7, 1]) {
      const matrix = { rows, columns, limit };
      const expected = reference(values, matrix, axis);
      for (const place of Object.values(places)) {
        const arenas = place();
        const [weights] = inOneMemory(arenas.weights, values);
        const codes = arenas.codes.int8(rows * columns);
        const scales = arenas.scales.float32(expected.scales.length);
        quantize(weights!, codes, scales, matrix);
        expect(differences(codes, expected.codes)).toEqual([]);
        expect(differences(scales, expected.scales)).toEqual([]);
        expect(differences(weights!, values)).toEqual([]);
      }
      const codes = new Int8Array(rows * columns);
      const scales = new Float32Array(expected.scales.length);
      quantize(values, codes, scales, matrix);
      expect(differences(codes, expected.codes)).toEqual([]);
      expect(differences(scales, expected.scales)).toEqual([]);
    }
  });

  const one = (...weights: number[]): { codes: number[]; scales: number[] } => {
    const codes = new Int8Array(weights.length);
    const scales = new Float32Array(1);
    const [rows, columns] = axis === 'rows' ? [1, weights.length] : [weights.length, 1];
    quantize(Float32Array.from(weights), codes, scales, { rows: rows!, columns: columns!, limit: 127 });
    return { codes: [...codes], scales: [...scales] };
  };

  it('rounds half to even', () => {
    expect(one(127, 0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 126.5).codes).toEqual([127, 0, 2, 2, 0, -2, -2, 126]);
  });

  it('takes 1 as the scale of zeros', () => {
    expect(one(0, -0, 0)).toEqual({ codes: [0, 0, 0], scales: [1] });
  });

  it('stays in [−127, 127] for the smallest numbers too, where the scale is coarse', () => {
    const tiny = 2 ** -149;
    expect(one(-190 * tiny, 190 * tiny, tiny)).toEqual({ codes: [-127, 127, 1], scales: [tiny] });
    expect(one(-tiny, tiny)).toEqual({ codes: [0, 0], scales: [1] });
  });

  it('quantizes what it dequantized to the same codes', () => {
    const weights = draws(1000, 9);
    const first = one(...weights);
    const scale = first.scales[0]!;
    expect(one(...first.codes.map((code) => code * scale)).codes).toEqual(first.codes);
  });

  it.each([NaN, Infinity, -Infinity])('lets %d through as a scale that is not finite', (bad) => {
    for (let n = 1; n < 40; n += 6) {
      const weights = draws(n, n);
      weights[n - 1] = bad;
      expect(Number.isFinite(one(...weights).scales[0])).toBe(false);
    }
  });

  it('keeps a NaN to its own slice', () => {
    const weights = new Float32Array(40).fill(2);
    weights[9] = NaN; // row 1, column 4 of [8, 5]
    const scales = new Float32Array(axis === 'rows' ? 8 : 5);
    quantize(weights, new Int8Array(40), scales, { rows: 8, columns: 5, limit: 127 });
    expect([...scales.keys()].filter((i) => Number.isNaN(scales[i]!))).toEqual([axis === 'rows' ? 1 : 4]);
  });

  it('touches nothing beyond the ends', () => {
    const arena = createArena({ bytesPerMemory: 65536 });
    const [weights] = inOneMemory(arena, draws(3 * 21, 1));
    const codes = arena.int8(80).fill(99);
    const scales = arena.float32(40).fill(99);
    const slices = axis === 'rows' ? 3 : 21;
    quantize(weights!, codes.subarray(2, 65), scales.subarray(1, 1 + slices), {
      rows: 3,
      columns: 21,
      limit: 127,
    });
    expect([...codes.subarray(0, 2), ...codes.subarray(65)]).toEqual(Array(17).fill(99));
    expect([scales[0], ...scales.subarray(1 + slices)]).toEqual(Array(40 - slices).fill(99));
  });

  it.each(SHAPES)('takes scales that are given, and clips by them, [%i, %i]', (rows, columns) => {
    const values = draws(rows * columns, rows, 0.02);
    const slices = axis === 'rows' ? rows : columns;
    const given = draws(slices, 5, 0.001).map((x) => Math.abs(x) + 1e-4);
    const limit = 7;
    const expected = Int8Array.from(values, (w, k) => {
      const scale = given[axis === 'rows' ? Math.floor(k / columns) : k % columns]!;
      return Math.max(-limit, Math.min(limit, round(Math.fround(w / scale))));
    });
    for (const make of Object.values(places)) {
      const { weights: a, codes: b, scales: c } = make();
      const [weights] = inOneMemory(a, values);
      const [codes, scales] = [b.int8(values.length), c.float32(slices)];
      scales.set(given);
      quantize(weights!, codes, scales, { rows, columns, limit, givenScales: true });
      expect(differences(codes, expected)).toEqual([]);
      expect(differences(scales, given)).toEqual([]);
    }
  });

  it('refuses sizes that do not fit', () => {
    expect(() =>
      quantize(new Float32Array(6), new Int8Array(6), new Float32Array(4), {
        rows: 2,
        columns: 3,
        limit: 127,
      }),
    ).toThrow('[2, 3]');
    expect(() =>
      quantize(new Float32Array(6), new Int8Array(5), new Float32Array(3), {
        rows: 2,
        columns: 3,
        limit: 127,
      }),
    ).toThrow('[2, 3]');
  });
});
