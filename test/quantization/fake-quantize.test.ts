import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { jit } from '../../lib/compile/jit';
import { fakeQuantize } from '../../lib/quantization/fake-quantize';
import { QParams, qparamsOf, rangeOf } from '../../lib/quantization/qparams';
import { dequantize, quantize } from '../../lib/quantization/quantize';
import { perAxis } from '../../lib/quantization/granularity';
import { codeRange, int8, QuantSpec, uint8 } from '../../lib/quantization/spec';
import reference from '../reference/quantization.json';
import { expectNoLeak } from '../leaks';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** The spec with this range of codes. */
function specOf([lowest, highest]: number[]): QuantSpec {
  const bits = Math.ceil(Math.log2(highest! - lowest! + 1));
  return { ...uint8(), bits, signed: lowest! < 0, narrowRange: highest! - lowest! + 2 === 2 ** bits };
}

const scalars = (scale: number, zeroPoint: number): QParams => ({
  scale: tf.scalar(scale),
  zeroPoint: tf.scalar(zeroPoint),
});
const values = (x: tf.Tensor): number[] => Array.from(x.dataSync());
const float32 = (numbers: readonly number[]): number[] => numbers.map(Math.fround);

describe.each(reference.fakeQuantize)('$name', ({ scale, zeroPoint, codes, x, y, dx }) => {
  const spec = specOf(codes);
  const qparams = () => scalars(scale, zeroPoint);

  test('values', () => {
    expect(codeRange(spec)).toEqual(codes);
    expect(values(fakeQuantize(tf.tensor1d(x), qparams(), spec))).toEqual(float32(y));
  });

  if (!dx) return;
  test('gradient', () => {
    const gradient = tf.grad((input) => fakeQuantize(input, qparams(), spec).sum());
    expect(values(gradient(tf.tensor1d(x)))).toEqual(dx);
  });
});

test('per channel, as torch', () => {
  const { x, y, scale } = reference.torchPerChannel;
  const spec: QuantSpec = { ...int8(perAxis(0), { full: true }), narrowRange: false };
  const input = tf.tensor2d(x);
  const qparams = qparamsOf(rangeOf(input, spec.granularity), spec);
  values(qparams.scale).forEach((value, i) => expect(value).toBeCloseTo(scale[i]!, 8));
  values(fakeQuantize(input, qparams, spec)).forEach((value, i) =>
    expect(value).toBeCloseTo(y.flat()[i]!, 6),
  );
});

describe.each(reference.tensorflow)(
  'TensorFlow: $min … $max, $num_bits bits, narrow: $narrow_range',
  (quoted) => {
    test('nudges the range so that 0 has a code', () => {
      const spec: QuantSpec = { ...uint8(), bits: quoted.num_bits, narrowRange: quoted.narrow_range };
      const qparams = qparamsOf({ lo: tf.scalar(quoted.min), hi: tf.scalar(quoted.max) }, spec);
      expect(qparams.scale.dataSync()[0]).toBeCloseTo(quoted.scale, 6);
      const y = values(fakeQuantize(tf.tensor1d(quoted.x), qparams, spec));
      y.forEach((value, i) => expect(value).toBeCloseTo(quoted.y[i]!, 4));
    });
  },
);

describe('fakeQuantize', () => {
  test('lets the gradient through at the edges of the clip range and not a hair beyond', () => {
    const gradient = tf.grad((x) => fakeQuantize(x, scalars(0.5, 4), uint8()).mul([1, 2, 3, 4, 5, 6]).sum());
    const x = tf.tensor1d([-2.000001, -2, 0.3, 125.5, 125.50001, NaN]);
    expect(values(gradient(x))).toEqual([0, 2, 3, 4, 0, 0]);
  });

  test('passes no gradient to what the range was computed from', () => {
    const spec = uint8();
    const gradient = tf.grad((x) =>
      fakeQuantize(x, qparamsOf(rangeOf(x, spec.granularity), spec), spec).sum(),
    );
    expect(values(gradient(tf.tensor1d([-1, 0.3, 2])))).toEqual([1, 1, 1]);
  });

  test('is quantize then dequantize, bit for bit, and 0 stays 0', () => {
    const numbers = fc.array(fc.float({ min: -1000, max: 1000, noNaN: true }), {
      minLength: 1,
      maxLength: 20,
    });
    fc.assert(
      fc.property(numbers, fc.boolean(), (data, signed) => {
        tf.tidy(() => {
          const spec = signed ? int8() : uint8();
          const x = tf.tensor1d([...data, 0]);
          const qparams = qparamsOf(rangeOf(x, spec.granularity), spec);
          const codes = quantize(x, qparams, spec);
          const [lowest, highest] = codeRange(spec);
          expect(codes.dtype).toBe('int32');
          values(codes).forEach((code) => expect(code >= lowest && code <= highest).toBe(true));
          const y = values(fakeQuantize(x, qparams, spec));
          expect(y).toEqual(values(dequantize(codes, qparams)));
          expect(y.at(-1)).toBe(0);
          expect(values(fakeQuantize(tf.tensor1d(y), qparams, spec))).toEqual(y);
        });
      }),
    );
  });

  test('leaks nothing, with and without a gradient', async () => {
    const x = tf.tensor1d([1, 2]);
    const qparams = scalars(0.5, 0);
    await expectNoLeak(() => {
      fakeQuantize(x, qparams, int8()).dispose();
      tf.grad((input) => fakeQuantize(input, qparams, int8()).sum())(x).dispose();
      tf.dispose([quantize(x, qparams, int8()), dequantize(x, qparams)]);
    });
  });
});

describe('compiled to integer codes', () => {
  const x = Float32Array.from({ length: 400 }, (_, i) => (i - 200) / 15);
  const specs: [string, QuantSpec, number][] = [
    ['int8, narrow', { ...int8(), bits: 8 }, 0],
    ['int8, the lowest code too', { ...int8(), narrowRange: false }, 0],
    ['uint8', uint8(), 100],
    ['uint8, narrow', { ...uint8(), narrowRange: true }, 128],
    ...[2, 3, 4, 5, 6, 7].flatMap((bits): [string, QuantSpec, number][] => [
      [`int${bits}`, { ...int8(), bits }, 0],
      [`uint${bits}`, { ...uint8(), bits }, 1],
    ]),
  ];
  /** Values and gradient. */
  const both = (spec: QuantSpec, qparams: QParams) => (input: tf.Tensor) => {
    const y = fakeQuantize(input, qparams, spec, { integer: true });
    return [y, tf.grad((each) => fakeQuantize(each, qparams, spec, { integer: true }).sum())(input)];
  };

  test.each(specs)('%s: the bits of the eager engine, and its gradient', async (_, spec, zeroPoint) => {
    const qparams = scalars(0.043, zeroPoint);
    const fn = both(spec, qparams);
    const program = jit(fn);
    const [expected, actual] = [fn(tf.tensor1d(x)), await program(tf.tensor1d(x))];
    expect(actual.map(values)).toEqual(expected.map(values));
    const codes = values(actual[0]!).map((value) => Math.round(value / 0.043) + zeroPoint);
    expect([Math.min(...codes), Math.max(...codes)]).toEqual(codeRange(spec));
    await program.dispose();
  });

  test.each([
    ['[1, 1]', [[0.5]]],
    ['[1]', [0.5]],
  ])('takes a scale of shape %s', async (_, scale) => {
    const fn = both(uint8(), { scale: tf.tensor(scale), zeroPoint: tf.tensor(scale).mul(8) });
    const program = jit(fn);
    const input = tf.tensor1d([-5, 0.3, 200]);
    const [expected, actual] = [fn(input), await program(input)];
    expect(actual.map(values)).toEqual([
      [-2, 0.5, 125.5],
      [0, 1, 0],
    ]);
    expect(actual.map((y) => y.shape)).toEqual([[3], [3]]);
    expect(expected.map(values)).toEqual(actual.map(values));
    await program.dispose();
  });

  test('simulates a scale per axis', async () => {
    const input = tf.tensor2d(x, [100, 4]);
    const fn = both(int8(perAxis(1)), { scale: tf.tensor2d([[0.01, 0.02, 1, 3]]), zeroPoint: tf.scalar(0) });
    const program = jit(fn);
    const [expected, actual] = [fn(input), await program(input)];
    const unsigned = (y: tf.Tensor) => values(y).map((value) => value + 0); // -0 is 0
    expect(actual.map(unsigned)).toEqual(expected.map(unsigned));
    await program.dispose();
  });
});
