import * as tf from '@tensorflow/tfjs';
import { qparamsOf, rangeOf } from '../../lib/quantization/qparams';
import { perAxis, perTensor } from '../../lib/quantization/granularity';
import { codeRange, int8, QuantSpec, uint8 } from '../../lib/quantization/spec';
import reference from '../reference/quantization.json';
import { expectNoLeak } from '../leaks';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

function qparams(lo: number, hi: number, spec: QuantSpec): { scale: number; zeroPoint: number } {
  return tf.tidy(() => {
    const { scale, zeroPoint } = qparamsOf({ lo: tf.scalar(lo), hi: tf.scalar(hi) }, spec);
    return { scale: scale.dataSync()[0]!, zeroPoint: zeroPoint.dataSync()[0]! };
  });
}

test('code ranges', () => {
  expect(codeRange(int8())).toEqual([-63, 63]);
  expect(codeRange(int8(perTensor(), { full: true }))).toEqual([-127, 127]);
  expect(codeRange(uint8())).toEqual([0, 255]);
  expect(codeRange({ ...int8(), narrowRange: false })).toEqual([-64, 63]);
  expect(codeRange({ ...uint8(), bits: 4, narrowRange: true })).toEqual([1, 15]);
});

describe('granularity', () => {
  const x = tf.tensor2d([
    [1, -2, 3],
    [-4, 5, 6],
  ]);
  test.each([
    [perTensor(), [], [-4], [6]],
    [perAxis(0), [2, 1], [-2, -4], [3, 6]],
    [perAxis(-1), [1, 3], [-4, -2, 3], [1, 5, 6]],
  ])('%o', (granularity, shape, lo, hi) => {
    const range = rangeOf(x, granularity);
    expect(range.lo.shape).toEqual(shape);
    expect(Array.from(range.lo.dataSync())).toEqual(lo);
    expect(Array.from(range.hi.dataSync())).toEqual(hi);
  });

  test('an axis that the tensor lacks', () => {
    expect(() => rangeOf(x, perAxis(2))).toThrow('has axis 2 to quantize along it, got one of rank 2');
  });
});

describe('qparamsOf', () => {
  const restricted = int8(perTensor(), { full: true });
  const full: QuantSpec = { ...restricted, narrowRange: false };
  test.each([
    ['[-2,10] uint8 asym', -2, 10, uint8()],
    ['[-2,10] int8 asym', -2, 10, { ...full, symmetric: false }],
    ['[-2,10] int8 sym full', -2, 10, full],
    ['[-2,10] int8 sym restricted', -2, 10, restricted],
    ['[1,8] uint8 asym', 1, 8, uint8()],
  ] as const)("onnxruntime's %s", (name, lo, hi, spec) => {
    const expected = reference.onnxruntime[name];
    const { scale, zeroPoint } = qparams(lo, hi, spec);
    expect(scale).toBeCloseTo(expected.scale, 8);
    expect(zeroPoint).toBe(expected.zp);
  });

  test("torch's symmetric range", () => {
    const [lo, hi] = reference.torchSymmetric.range as [number, number];
    expect(qparams(lo, hi, full).scale).toBeCloseTo(reference.torchSymmetric.scale, 8);
  });

  test('a range of nothing but 0: torch’s least scale, or 1 where symmetric', () => {
    expect(qparams(0, 0, uint8())).toEqual({ scale: 2 ** -23, zeroPoint: 0 });
    expect(qparams(0, 0, int8())).toEqual({ scale: 1, zeroPoint: 0 });
  });

  test('a tiny symmetric range keeps its scale', () => {
    expect(qparams(-63e-9, 0, int8()).scale).toBe(Math.fround(Math.fround(63e-9) / 63));
  });

  test('leaks nothing', async () => {
    const x = tf.tensor2d([[1, -2]]);
    await expectNoLeak(() => {
      const range = rangeOf(x, perAxis(1));
      tf.dispose([range, qparamsOf(range, int8(perAxis(1))), qparamsOf(range, uint8(perAxis(1)))]);
    });
  });
});
