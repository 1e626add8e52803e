import { UserError } from '../core/errors';
import { quoted } from '../core/printable';
import type { HalfFormat } from '../core/half';
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
  /** Which values share a scale; `perChannel()` is settled by the weight that it meets. */
  readonly granularity: Granularity;
  /** How scales and codes are found: `range` (default), from the lowest and highest value; `ternary`, see `ternary()`. Weights only. */
  readonly rule?: 'range' | 'ternary';
}

/** Numbers kept in 16 bits, without scales: rounded to the nearest, of two equally near ones to the even. */
export interface HalfSpec {
  /** `fp16`: 11 digits, up to 65504 (IEEE 754 binary16). `bf16`: 8 digits, the range of float32. */
  readonly format: HalfFormat;
  /** Of a value as it is stored. */
  readonly bits: 16;
}

/** How a weight is stored. */
export type WeightSpec = QuantSpec | HalfSpec;

/** Whether a spec is one of 16-bit numbers rather than of integer codes. */
export const isHalf = (spec: WeightSpec): spec is HalfSpec => 'format' in spec;

/** Options of `int8`. */
export interface Int8Options {
  /** All 255 codes in [-127, 127] rather than the 127 in [-63, 63]. Default false. */
  readonly full?: boolean;
}

/**
 * Symmetric, narrow, for weights. By default **7 bits**: codes in [-63, 63], `scale = max|x| / 63`, stored as int8. A product with uint8
 * activations then has the same sums on every processor and in a browser: x86 without VNNI adds two products in 16 bits, and `2 · 255 · 63`
 * fits. With `full`, codes are in [-127, 127], `scale = max|x| / 127`; files hold them as uint8 around 128, which is as exact and slower.
 *
 * @example int8(perAxis(1)) // of a dense kernel [inputs, units]: per output channel
 */
export function int8(granularity: Granularity = perTensor(), { full = false }: Int8Options = {}): QuantSpec {
  return { bits: full ? 8 : 7, signed: true, symmetric: true, narrowRange: true, granularity };
}

/** int4, symmetric, narrow: codes in [-7, 7], `scale = max|x| / 7`. For weights, usually in groups: `int4(perGroup(0, 32))`. */
export function int4(granularity: Granularity = perTensor()): QuantSpec {
  return { bits: 4, signed: true, symmetric: true, narrowRange: true, granularity };
}

/**
 * Ternary weights (Li et al., 2016, arXiv:1605.04711): codes -1, 0, 1 in 2 bits. In each block of n values
 *
 *     Δ = 0.7 / n · Σ|w|,  code = sign(w) where |w| > Δ, else 0,  scale = mean of |w| where |w| > Δ
 *
 * which is near the scale and codes of least squared error. A scale of 1 where all is 0.
 *
 * @example ternary(perGroup(0, 128)) // 2.25 bits for each value
 */
export function ternary(granularity: Granularity = perTensor()): QuantSpec {
  return { bits: 2, signed: true, symmetric: true, narrowRange: true, granularity, rule: 'ternary' };
}

/** uint8, affine: codes in [0, 255], the range widened to contain 0. For activations. */
export function uint8(granularity: Granularity = perTensor()): QuantSpec {
  return { bits: 8, signed: false, symmetric: false, narrowRange: false, granularity };
}

/** Weights in IEEE 754's 16 bits: half the room, relative error at most 2⁻¹¹. Above 65504 it is refused. */
export function fp16(): HalfSpec {
  return { format: 'fp16', bits: 16 };
}

/** Weights in the upper 16 bits of float32: half the room, relative error at most 2⁻⁸, any range. */
export function bf16(): HalfSpec {
  return { format: 'bf16', bits: 16 };
}

/** The lowest and highest code of a spec: [-63, 63] for `int8()`, [0, 255] for `uint8()`. */
export function codeRange({ bits, signed, narrowRange }: QuantSpec): [lowest: number, highest: number] {
  const lowest = signed ? -(2 ** (bits - 1)) : 0;
  return [narrowRange ? lowest + 1 : lowest, lowest + 2 ** bits - 1];
}

/** The zero point of a symmetric spec: 0, or the middle of unsigned codes. */
export function fixedZeroPoint({ bits, signed }: QuantSpec): number {
  return signed ? 0 : 2 ** (bits - 1);
}

/** A spec whose granularity waits for a layer's output channels, for the layer whose channels run along these axes. */
export function atChannels(spec: WeightSpec, channels: readonly number[]): WeightSpec {
  return isHalf(spec) ? spec : { ...spec, granularity: spec.granularity.at(channels) };
}

/** A spec in a few words: `7 bits, perAxis(1)`. */
export function describeSpec(spec: WeightSpec): string {
  return isHalf(spec)
    ? spec.format
    : `${spec.rule === 'ternary' ? 'ternary' : `${spec.bits} bits`}, ${spec.granularity.name}`;
}

/** @throws UserError for a width that is not 2 to 8 bits, another format or rule than there are, and ternary codes of another form. */
export function checkSpec<Spec extends WeightSpec>(spec: Spec): Spec {
  if (isHalf(spec)) {
    if (spec.format === 'fp16' || spec.format === 'bf16') return spec;
    throw new UserError(`Expected fp16 or bf16 as a format, got ${quoted((spec as HalfSpec).format)}.`);
  }
  const { bits, signed, symmetric, narrowRange, rule } = spec as QuantSpec;
  if (!(Number.isInteger(bits) && bits >= 2 && bits <= 8)) {
    throw new UserError(`Expected 2 to 8 bits of an integer code, got ${quoted(bits)}.`);
  }
  if (rule !== undefined && rule !== 'range' && rule !== 'ternary') {
    throw new UserError(`Expected range or ternary as the rule of scales and codes, got ${quoted(rule)}.`);
  }
  if (rule === 'ternary' && !(bits === 2 && signed && symmetric && narrowRange)) {
    throw new UserError('Expected 2 bits, signed, symmetric and narrow of ternary codes; take ternary().');
  }
  return spec;
}
