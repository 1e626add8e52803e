import { UserError } from '../core/errors';

/** Which values share one scale and zero point. */
export interface Granularity {
  /** As it is written: `perTensor()`, `perAxis(1)`. */
  readonly name: string;
  /** The axes of a tensor of this rank along which values share a range. */
  sharedAxes(rank: number): number[];
}

/** One range for the whole tensor: [a, b, c] → scale [1, 1, 1]. */
export function perTensor(): Granularity {
  return { name: 'perTensor()', sharedAxes: (rank) => axes(rank) };
}

/**
 * One range per index of one axis: [a, b, c], axis 1 → scale [1, b, 1]. Negative axes count from the end.
 *
 * @example int8(perAxis(1)) // of a dense kernel [inputs, units]: per output channel
 */
export function perAxis(axis: number): Granularity {
  const sharedAxes = (rank: number) => {
    if (axis >= rank || axis < -rank) {
      throw new UserError(
        `Expected a tensor that has axis ${axis} to quantize along it, got one of rank ${rank}.`,
      );
    }
    return axes(rank).filter((other) => other !== (axis + rank) % rank);
  };
  return { name: `perAxis(${axis})`, sharedAxes };
}

const axes = (rank: number): number[] => Array.from({ length: rank }, (_, axis) => axis);

/** How numbers become integer codes: `x ≈ scale · (code - zeroPoint)`. */
export interface QuantSpec {
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

/** uint8, affine: codes in [0, 255], the range widened to contain 0. For activations. */
export function uint8(granularity: Granularity = perTensor()): QuantSpec {
  return { bits: 8, signed: false, symmetric: false, narrowRange: false, granularity };
}

/** The lowest and highest code of a spec: [-127, 127] for `int8()`, [0, 255] for `uint8()`. */
export function codeRange({ bits, signed, narrowRange }: QuantSpec): [lowest: number, highest: number] {
  const lowest = signed ? -(2 ** (bits - 1)) : 0;
  return [narrowRange ? lowest + 1 : lowest, lowest + 2 ** bits - 1];
}
