import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { sizeOf } from '../../lib/core/host-tensor';
import { bytesOf, codesOf, decode, zerosOf } from '../../lib/quantization/decode';
import { encode, encodeInto, roomFor } from '../../lib/quantization/encode';
import {
  Granularity,
  granularityOf,
  perAxis,
  perChannel,
  perGroup,
  perTensor,
} from '../../lib/quantization/granularity';
import { perValue, qparamsOf, rangeOf } from '../../lib/quantization/qparams';
import { quantize, quantizeDequantize } from '../../lib/quantization/quantize';
import { codeRange, int4, int8, QuantSpec, uint8 } from '../../lib/quantization/spec';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const weights = Float32Array.of(127, -1, 63.5, 2, 0, -254); // [2, 3]

describe('encode', () => {
  test.each([
    ['per column', perAxis(1), [1, Math.fround(1 / 127), 2], [127, -127, 32, 2, 0, -127]],
    ['per row', perAxis(0), [1, 2], [127, -1, 64, 1, 0, -127]],
    ['per tensor', perTensor(), [2], [64, 0, 32, 1, 0, -127]],
    ['per group', perGroup(1, 2), [1, 0.5, Math.fround(2 / 127), 2], [127, -1, 127, 127, 0, -127]],
  ])('%s', (_, granularity, scales, codes) => {
    const encoded = encode({ data: weights, shape: [2, 3] }, int8(granularity, { full: true }));
    expect([...encoded.scales]).toEqual(scales);
    expect([...codesOf(encoded)]).toEqual(codes);
  });

  test('int4 in groups of 32 along the inputs, the last group shorter', () => {
    const shape = [70, 3];
    const data = Float32Array.from({ length: 210 }, (_, i) => ((i * 37) % 29) - 14);
    const encoded = encode({ data, shape }, int4(perGroup(0, 32)));
    expect(encoded.scales).toHaveLength(3 * 3);
    expect(encoded.codes).toHaveLength(105); // two in a byte
    expect(bytesOf(encoded)).toBe(105 + 4 * 9);
    const lastGroup = [64, 65, 66, 67, 68, 69].map((row) => Math.abs(data[3 * row + 1]!));
    expect(encoded.scales[2 * 3 + 1]).toBe(Math.fround(Math.max(...lastGroup) / 7));
    decode(encoded).forEach((value, i) => {
      const scale = encoded.scales[3 * Math.floor(i / 3 / 32) + (i % 3)]!;
      expect(Math.abs(value - data[i]!)).toBeLessThanOrEqual(scale / 2 + 1e-6);
    });
  });

  test.each([
    ['per column', int8(perAxis(1))],
    ['in groups', int4(perGroup(0, 3))],
  ])('scales that are given are kept, and codes clipped, however small they are, %s', (_, spec) => {
    const data = Float32Array.from({ length: 40 }, (__, i) => Math.sin(i));
    for (const scale of [0.01, 2 ** -22, 2 ** -100]) {
      const count = encode({ data, shape: [10, 4] }, spec).scales.length;
      const scales = new Float32Array(count).fill(scale);
      const encoded = encode({ data, shape: [10, 4] }, spec, { scales });
      const [, highest] = codeRange(spec);
      expect([...encoded.scales]).toEqual([...scales]);
      expect([...codesOf(encoded)]).toEqual([
        ...quantize(tf.tensor1d(data), { scale: tf.scalar(scale), zeroPoint: tf.scalar(0) }, spec).dataSync(),
      ]);
      expect(codesOf(encoded).at(1)).toBe(highest);
    }
  });

  test('convolutions per output channel, depthwise ones per channel and multiplier', () => {
    const shape = [3, 3, 2, 4];
    const data = Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(i));
    expect(encode({ data, shape }, int8(perAxis(3))).scales).toHaveLength(4);
    const depthwise = encode({ data, shape }, int8(perAxis(2, 3), { full: true }));
    expect(depthwise.scales).toHaveLength(8);
    const channel = data.filter((_, i) => i % 8 === 5);
    expect(depthwise.scales[5]).toBe(Math.fround(Math.max(...channel.map(Math.abs)) / 127));
  });

  test('masks first: what is pruned is exactly 0 and widens no range', () => {
    const mask = Uint8Array.of(1, 1, 0, 1, 1, 0);
    const encoded = encode({ data: weights, shape: [2, 3] }, int8(perAxis(1), { full: true }), { mask });
    expect([...encoded.scales]).toEqual([1, Math.fround(1 / 127), 1]);
    expect([...decode(encoded)]).toEqual([127, -1, 0, 2, 0, 0]);
    expect(zerosOf(encoded)).toBe(3);
    expect(weights[2]).toBe(63.5);
  });

  test('with scales that were found otherwise, clipping at both ends', () => {
    const scales = Float32Array.of(1, 1, 1);
    const encoded = encode({ data: weights, shape: [2, 3] }, int8(perAxis(1), { full: true }), { scales });
    expect([...codesOf(encoded)]).toEqual([127, -1, 64, 2, 0, -127]);
    expect(() => encode({ data: weights, shape: [2, 3] }, int8(perAxis(0)), { scales })).toThrow(
      'Expected 2 scales for a weight of shape [2, 3], got 3',
    );
  });

  test('in place, of the values as they are now', () => {
    const room = roomFor([2, 3], int4());
    encodeInto(room, weights);
    const first = room.codes.slice();
    encodeInto(
      room,
      weights.map((value) => -value),
    );
    expect(room.codes).not.toEqual(first);
    expect([...codesOf(room)]).toEqual([-4, 0, -2, 0, 0, 7]); // 3.5 steps, to even;
  });

  test.each([NaN, Infinity])('refuses %s, whichever way it is encoded', (value) => {
    const data = Float32Array.of(1, value, 2, 3);
    for (const spec of [int8(perAxis(1)), int8(perAxis(0)), int4(), uint8()]) {
      expect(() => encode({ data, shape: [2, 2] }, spec)).toThrow('Expected finite values to encode in');
    }
  });

  test('nothing, one value, a scalar, all zeros', () => {
    expect(encode({ data: new Float32Array(0), shape: [0, 3] }, int8(perAxis(0))).codes).toHaveLength(0);
    expect([...decode(encode({ data: Float32Array.of(-3), shape: [1, 1] }, int4()))]).toEqual([-3]);
    expect([...decode(encode({ data: Float32Array.of(-3), shape: [] }, int8()))]).toEqual([-3]);
    expect([...decode(encode({ data: new Float32Array(4), shape: [2, 2] }, uint8(perAxis(0))))]).toEqual([
      0, 0, 0, 0,
    ]);
  });

  test('refuses widths that are no codes, and a granularity that waits for a layer', () => {
    for (const bits of [1, 9, 2.5, NaN]) {
      expect(() => encode({ data: weights, shape: [2, 3] }, { ...int8(), bits })).toThrow(
        `2 to 8 bits of an integer code, got ${bits}`,
      );
    }
    expect(() => encode({ data: weights, shape: [2, 3] }, int8(perChannel()))).toThrow('write perAxis');
    expect(() => perGroup(0, 0)).toThrow('from 1 as the size of a group, got 0');
  });
});

const value = fc.oneof(fc.constantFrom(0, -0, 0.5, 1.5, -2.5), fc.float({ min: -10, max: 10, noNaN: true }));
const shapes = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 });
const weight = shapes.chain((shape) =>
  fc.tuple(fc.constant(shape), fc.array(value, { minLength: sizeOf(shape), maxLength: sizeOf(shape) })),
);
const granularities = (rank: number): Granularity[] => [
  perTensor(),
  ...Array.from({ length: rank }, (_, axis) => [perAxis(axis), perGroup(axis, 2), perGroup(axis, 4)]).flat(),
  perAxis(...Array(rank).keys()),
  ...(rank > 2 ? [perAxis(-2, -1)] : []),
];

test('any width, granularity and shape: the codes and numbers of `quantize`, bit for bit, packed and back', () => {
  const kinds = fc.record({
    bits: fc.integer({ min: 2, max: 8 }),
    signed: fc.boolean(),
    symmetric: fc.boolean(),
    narrowRange: fc.boolean(),
    pick: fc.nat(),
  });
  fc.assert(
    fc.property(weight, kinds, ([shape, data], { pick, ...kind }) => {
      const all = granularities(shape.length);
      const spec: QuantSpec = { ...kind, granularity: all[pick % all.length]! };
      tf.tidy(() => {
        const encoded = encode({ data: Float32Array.from(data), shape }, spec);
        const x = tf.tensor(data, shape);
        const blocks = qparamsOf(rangeOf(x, spec.granularity), spec);
        const qparams = perValue(blocks, shape, spec.granularity);
        expect([...encoded.scales]).toEqual([...blocks.scale.dataSync()]);
        expect([...codesOf(encoded)]).toEqual([...quantize(x, qparams, spec).dataSync()]);
        expect([...decode(encoded)]).toEqual([...quantizeDequantize(x, qparams, spec).dataSync()]);
        expect(zerosOf(encoded)).toBe(decode(encoded).filter((number) => number === 0).length);
        data.forEach((number, i) => number === 0 && expect(Object.is(decode(encoded)[i], 0)).toBe(true));
      });
    }),
    { numRuns: 400 },
  );
});

test('a granularity comes back from what is stored of it', () => {
  for (const granularity of [...granularities(3), perChannel()]) {
    const again = granularityOf(JSON.parse(JSON.stringify(granularity.config)));
    expect(again.name).toBe(granularity.name);
  }
  expect(perChannel().at([1]).block([4, 3])).toEqual([4, 1]);
});
