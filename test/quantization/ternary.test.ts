import * as tf from '@tensorflow/tfjs';
import { codesOf, decode } from '../../lib/quantization/decode';
import { encode } from '../../lib/quantization/encode';
import { perAxis, perGroup } from '../../lib/quantization/granularity';
import { simulateStored } from '../../lib/quantization/simulate';
import { bf16, fp16, ternary } from '../../lib/quantization/spec';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const column = (...values: number[]) => ({ data: Float32Array.from(values), shape: [values.length, 1] });

test('keeps what is above 0.7 of the mean size, at the mean size of that', () => {
  // Σ|w| = 10, n = 4: Δ = 1.75
  const encoded = encode(column(1, -2, 3, 4), ternary(perAxis(1)));
  expect([...codesOf(encoded)]).toEqual([0, -1, 1, 1]);
  expect([...encoded.scales]).toEqual([3]);
  expect([...decode(encoded)]).toEqual([0, -3, 3, 3]);
  expect([...encoded.codes]).toEqual([0b01_01_11_00]); // two bits each, the first lowest
});

test('in groups, the last one shorter, each by itself', () => {
  const encoded = encode(column(1, -2, 3, 4, 10, 0, 0.1), ternary(perGroup(0, 4)));
  expect([...encoded.scales]).toEqual([3, 10]);
  expect([...codesOf(encoded)]).toEqual([0, -1, 1, 1, 1, 0, 0]);
});

test('zeros have a scale of 1, equal values keep their size, and what is masked counts as 0', () => {
  expect([...encode(column(0, 0), ternary()).scales]).toEqual([1]);
  expect([...decode(encode(column(-0.5, 0.5, 0.5), ternary()))]).toEqual([-0.5, 0.5, 0.5]);
  const masked = encode(column(9, 1, -2, 1), ternary(), { mask: Uint8Array.of(0, 1, 1, 1) });
  expect([...codesOf(masked)]).toEqual([0, 1, -1, 1]); // Δ = 0.7 · 4 / 4
});

test.each([NaN, Infinity])('%d is refused', (value) => {
  expect(() => encode(column(1, value), ternary())).toThrow('Expected finite values to encode in ternary');
});

test('is nearer than rounding by the range in 2 bits', () => {
  const data = tf.randomNormal([512], 0, 1, 'float32', 4).dataSync() as Float32Array;
  const error = (spec: ReturnType<typeof ternary>) =>
    decode(encode({ data, shape: [512] }, spec)).reduce((sum, value, i) => sum + (value - data[i]!) ** 2, 0);
  expect(error(ternary())).toBeLessThan(error({ ...ternary(), rule: 'range' }) / 2);
});

test.each([ternary(perGroup(0, 32)), fp16(), bf16()])(
  'an eager layer computes with what is stored (%#)',
  (spec) => {
    const x = tf.randomNormal([70, 3], 0, 1, 'float32', 5);
    const stored = decode(encode({ data: x.dataSync() as Float32Array, shape: [70, 3] }, spec));
    expect(simulateStored(x, spec).dataSync()).toEqual(stored);
  },
);

test('halves beyond fp16 are refused; bf16 takes them', () => {
  expect(() => encode(column(1e5), fp16())).toThrow(
    'Expected finite values of at most 65504 to encode in fp16',
  );
  expect(decode(encode(column(1e5), bf16()))[0]).toBe(99840);
});
