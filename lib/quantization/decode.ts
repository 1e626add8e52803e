import { UserError } from '../core/errors';
import { sizeOf } from '../core/host-tensor';
import { EncodedIntegers, EncodedWeight, hasIntegers } from './encoded-weight';
import { numbersOfHalves } from '../core/half';
import { forEachValue, layoutOf } from './layout';
import { Codes, unpack } from './pack';
import { describeSpec, fixedZeroPoint, HalfSpec, QuantSpec } from './spec';

/**
 * The integer codes of a weight, one per value.
 *
 * @throws UserError for one that is stored in 16 bits, which has none.
 */
export function codesOf(encoded: EncodedWeight): Codes {
  if (hasIntegers(encoded)) return integersOf(encoded);
  throw new UserError(
    `Expected a weight of integer codes, got one in ${describeSpec(encoded.spec)}; decode() gives its numbers.`,
  );
}

function integersOf({ spec, shape, codes }: EncodedIntegers): Codes {
  return unpack(codes, sizeOf(shape), spec.bits, spec.signed);
}

/** The zero point of each block. */
export function zeroPointOf({
  spec,
  zeroPoints,
}: Pick<EncodedWeight<QuantSpec>, 'spec' | 'zeroPoints'>): (block: number) => number {
  const fixed = fixedZeroPoint(spec);
  return zeroPoints ? (block) => zeroPoints[block]! : () => fixed;
}

/** The numbers that a weight is stored as, `scale · (code - zeroPoint)`: the fake-quantized weight, bit for bit. */
export function decode(encoded: EncodedWeight): Float32Array {
  if (!hasIntegers(encoded)) {
    return numbersOfHalves(encoded.codes as Uint16Array, (encoded.spec as HalfSpec).format);
  }
  const { spec, shape, scales } = encoded;
  const codes = integersOf(encoded);
  const zeroOf = zeroPointOf(encoded);
  const values = new Float32Array(codes.length);
  forEachValue(layoutOf(shape, spec.granularity), (i, block) => {
    values[i] = scales[block]! * (codes[i]! - zeroOf(block));
  });
  return values;
}

/** How many values are exactly 0. */
export function zerosOf(encoded: EncodedWeight): number {
  return decode(encoded).reduce((zeros, value) => zeros + Number(value === 0), 0);
}

/** Bytes that a weight takes as it is stored: codes, scales, zero points. */
export function bytesOf({ codes, scales, zeroPoints }: EncodedWeight): number {
  return codes.byteLength + scales.byteLength + (zeroPoints?.byteLength ?? 0);
}
