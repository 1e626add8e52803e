import { decode } from '../../lib/quantization/decode';
import { encode } from '../../lib/quantization/encode';
import { encodeCodes, pruneCodes } from '../../lib/quantization/encode-codes';
import { perAxis, perGroup } from '../../lib/quantization/granularity';
import { int4, uint8 } from '../../lib/quantization/spec';

const spec = int4(perAxis(1));
const given = { codes: [7, -7, 0, 3], scales: Float32Array.of(0.5, 2) };

test('codes that are given stand for what they say', () => {
  const encoded = encodeCodes([2, 2], spec, given);
  expect([...decode(encoded)]).toEqual([3.5, -14, 0, 6]);
  expect(encode({ shape: [2, 2], data: decode(encoded) }, spec).codes).toEqual(encoded.codes);
});

test('with zero points where the spec is affine', () => {
  const affine = { ...uint8(perGroup(0, 2)), bits: 4 };
  const encoded = encodeCodes([3, 1], affine, {
    codes: [0, 15, 4],
    scales: Float32Array.of(1, 0.5),
    zeroPoints: [5, 4],
  });
  expect([...decode(encoded)]).toEqual([-5, 10, 0]);
});

test.each([
  ['codes', { ...given, codes: [8, 0, 0, 0] }, 'whole numbers from -7 to 7, got 8 at 0'],
  ['halves', { ...given, codes: [0, 0.5, 0, 0] }, 'got 0.5 at 1'],
  ['a code too few', { ...given, codes: [0] }, 'Expected 4 codes'],
  ['a scale of 0', { ...given, scales: Float32Array.of(1, 0) }, 'got 0 at 1'],
  ['a scale of NaN', { ...given, scales: Float32Array.of(NaN, 1) }, 'got NaN at 0'],
  ['zero points', { ...given, zeroPoints: [0, 0] }, 'Expected 0 zero points'],
])('refuses %s', (_, wrong, message) => {
  expect(() => encodeCodes([2, 2], spec, wrong)).toThrow(message);
});

test('pruned codes stand for 0, and nothing else changes', () => {
  const encoded = encodeCodes([2, 2], spec, given);
  expect([...decode(pruneCodes(encoded, (i) => i === 1))]).toEqual([3.5, 0, 0, 6]);
  expect([...decode(encoded)]).toEqual([3.5, -14, 0, 6]);
  expect(pruneCodes(encoded, (i) => i === 2)).toBe(encoded);
});
