import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { qparamsOf, rangeOf } from '../../lib/quantization/qparams';
import { quantize, quantizeDequantize } from '../../lib/quantization/quantize';
import { int8, perAxis } from '../../lib/quantization/spec';
import { decode, makeCodes, updateCodes } from '../../lib/quantization/weight-codes';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe('weight codes', () => {
  test('per column and per row', () => {
    const weights = Float32Array.of(127, -1, 63.5, 2, 0, -254); // [2, 3]
    const columns = makeCodes([2, 3], 1);
    updateCodes(columns, weights);
    expect(Array.from(columns.scales)).toEqual([1, Math.fround(1 / 127), 2]);
    expect(Array.from(columns.codes)).toEqual([127, -127, 32, 2, 0, -127]);
    expect(Array.from(decode(columns))).toEqual([127, -1, 64, 2, 0, -254]);

    const rows = makeCodes([2, 3], 0);
    updateCodes(rows, weights);
    expect(Array.from(rows.scales)).toEqual([1, 2]);
    expect(Array.from(rows.codes)).toEqual([127, -1, 64, 1, 0, -127]);
  });

  test('are those of `quantize`, bit for bit, and a pruned weight is exactly 0', () => {
    const weight = fc.oneof(
      fc.constantFrom(0, -0, 0.5, 1.5, -2.5),
      fc.float({ min: -10, max: 10, noNaN: true }),
    );
    const size = fc.integer({ min: 1, max: 40 });
    const matrix = fc
      .tuple(size, size)
      .chain(([rows, columns]) =>
        fc.tuple(
          fc.constant([rows, columns] as [number, number]),
          fc.array(weight, { minLength: rows * columns, maxLength: rows * columns }),
        ),
      );
    fc.assert(
      fc.property(matrix, fc.constantFrom<0 | 1>(0, 1), ([shape, data], axis) => {
        tf.tidy(() => {
          const target = makeCodes(shape, axis);
          updateCodes(target, Float32Array.from(data));
          const spec = int8(perAxis(axis));
          const x = tf.tensor2d(data, shape);
          const qparams = qparamsOf(rangeOf(x, spec.granularity), spec);
          expect(Array.from(target.scales)).toEqual(Array.from(qparams.scale.dataSync()));
          expect(Array.from(target.codes)).toEqual(Array.from(quantize(x, qparams, spec).dataSync()));
          expect(decode(target)).toEqual(quantizeDequantize(x, qparams, spec).dataSync());
          data.forEach((value, i) => value === 0 && expect(Object.is(decode(target)[i], 0)).toBe(true));
        });
      }),
      { numRuns: 50 },
    );
  });

  test('only of a matrix', () => {
    expect(() => makeCodes([3], 1)).toThrow('a matrix to quantize to int8 codes, got shape [3]');
  });
});
