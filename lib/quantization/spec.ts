import { UserError } from '../core/errors';
import { Granularity, perTensor } from './granularity';

/** How numbers become integer codes: `x ≈ scale · (code - zeroPoint)`. */
export interface QuantSpec {
  /** 2 to 8. */
  readonly bits: number;
  /** Codes from `-2^(bits - 1)` rather than from 0. */
  readonly signed: boolean;
  /** Zero point fixed (0 where signed), the range the same on both sides of 0; otherwise affine. */
  readonly symmetric: boolean;
  /** Leaves out the lowest code, so that the negative side has as many as the positive one. */
  readonly narrowRange: boolean;
  readonly granularity: Granularity;
}

/** int8, symmetric, narrow: codes in [-127, 127], `scale = max|x| / 127`. For weights. */
export function int8(granularity: Granularity = perTensor()): QuantSpec {
  return { bits: 8, signed: true, symmetric: true, narrowRange: true, granularity };
}

/** int4, symmetric, narrow: codes in [-7, 7], `scale = max|x| / 7`. For weights, usually in groups: `int4(perGroup(0, 32))`. */
export function int4(granularity: Granularity = perTensor()): QuantSpec {
  return { bits: 4, signed: true, symmetric: true, narrowRange: true, granularity };
}

/** uint8, affine: codes in [0, 255], the range widened to contain 0. For activations. */
export function uint8(granularity: Granularity = perTensor()): QuantSpec {
  return { bits: 8, signed: false, symmetric: false, narrowRange: false, granularity };
}

/** The lowest and highest code of a spec: [-127, 127] for `int8()`, [0, 255] for `uint8()`. */
export function codeRange({ bits, signed, narrowRange }: QuantSpec): [lowest: number, highest: number] {
  const lowest = signed ? -(2 ** (bits - 1)) : 0;
  return [narrowRange ? lowest + 1 : lowest, lowest + 2 ** bits - 1];
}

/** The zero point of a symmetric spec: 0, or the middle of unsigned codes. */
export function fixedZeroPoint({ bits, signed }: QuantSpec): number {
  return signed ? 0 : 2 ** (bits - 1);
}

/** @throws UserError for a width that is not 2 to 8 bits. */
export function checkSpec(spec: QuantSpec): QuantSpec {
  if (Number.isInteger(spec.bits) && spec.bits >= 2 && spec.bits <= 8) return spec;
  throw new UserError(`Expected 2 to 8 bits of an integer code, got ${spec.bits}.`);
}
