import { UserError } from '../core/errors';
import { sizeOf } from '../core/host-tensor';
import { EncodedIntegers, EncodedWeight, hasIntegers } from './encoded-weight';
import { numbersOfHalves } from '../core/half';
import { layoutOf } from './layout';
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
export function zeroPointsOf(
  { spec, zeroPoints }: Pick<EncodedWeight<QuantSpec>, 'spec' | 'zeroPoints'>,
  blocks: number,
): Int16Array {
  return zeroPoints ? Int16Array.from(zeroPoints) : new Int16Array(blocks).fill(fixedZeroPoint(spec));
}

/** The numbers that a weight is stored as, `scale · (code - zeroPoint)`: the fake-quantized weight, bit for bit. */
export function decode(encoded: EncodedWeight): Float32Array {
  if (!hasIntegers(encoded)) {
    return numbersOfHalves(encoded.codes as Uint16Array, (encoded.spec as HalfSpec).format);
  }
  const { spec, shape, scales } = encoded;
  const { rows, columns, blocks, firstOf, stepOf } = layoutOf(shape, spec.granularity);
  const [codes, zeros] = [integersOf(encoded), zeroPointsOf(encoded, blocks)];
  const values = new Float32Array(codes.length);
  for (let row = 0, i = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, i++) {
      const block = firstOf[row]! + stepOf[column]!;
      values[i] = scales[block]! * (codes[i]! - zeros[block]!);
    }
  }
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
