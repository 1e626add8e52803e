import type { Codes } from './pack';
import type { QuantSpec } from './spec';

/** The values of a weight, row-major. */
export interface WeightValues {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/**
 * A weight as integer codes, the only form in which codes exist: training steps, converted models, reports, files and logs all hold
 * this. `w = scale · (code - zeroPoint)`, with the scale and zero point of the code's block.
 */
export interface EncodedWeight {
  readonly spec: QuantSpec;
  readonly shape: readonly number[];
  /** One per value, packed where a code takes less than a byte (`pack`); `codesOf` gives them one by one. */
  readonly codes: Codes;
  /** Step sizes, one per block of the spec's granularity, row-major over the blocks. */
  readonly scales: Float32Array;
  /** Likewise, for affine specs; symmetric ones have a fixed zero point. */
  readonly zeroPoints?: Codes;
}
