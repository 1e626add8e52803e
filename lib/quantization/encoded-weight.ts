import type { Codes } from './pack';
import type { QuantSpec, WeightSpec } from './spec';

/** The values of a weight, row-major. */
export interface WeightValues {
  /** The product is `data.length`. */
  readonly shape: readonly number[];
  /** Not written to. */
  readonly data: Float32Array;
}

/**
 * A weight as it is stored, the only form in which codes exist: training steps, converted models, reports, files and logs all hold this.
 * Integer codes stand for `scale · (code - zeroPoint)`, with the scale and zero point of the code's block; halves for themselves.
 */
export interface EncodedWeight<Spec extends WeightSpec = WeightSpec> {
  /** How its codes were made, and are read. */
  readonly spec: Spec;
  /** Of the weight, however its codes are packed. */
  readonly shape: readonly number[];
  /**
   * Integers one per value, packed where a code takes less than a byte (`pack`; `codesOf` gives them one by one); or the 16 bits of each
   * value, for `fp16()` and `bf16()`.
   */
  readonly codes: Codes | Uint16Array;
  /** Step sizes, one per block of the spec's granularity, row-major over the blocks; none for halves. */
  readonly scales: Float32Array;
  /** Likewise, for affine specs; symmetric ones have a fixed zero point. */
  readonly zeroPoints?: Codes;
}

/** A weight as integer codes. */
export interface EncodedIntegers extends EncodedWeight<QuantSpec> {
  readonly codes: Codes;
}

/** Whether it is stored as integer codes rather than as halves. */
export const hasIntegers = (encoded: EncodedWeight): encoded is EncodedIntegers =>
  !(encoded.codes instanceof Uint16Array);
