import { UserError } from '../core/errors';
import { sizeOf } from '../core/host-tensor';
import { blockQParams } from './block-qparams';
import { zeroPointsOf } from './decode';
import { EncodedIntegers, EncodedWeight, hasIntegers, WeightValues } from './encoded-weight';
import { encodePlain } from './encode-plain';
import { halvesOf } from '../core/half';
import { blockCounts } from './granularity';
import { Layout, layoutOf } from './layout';
import { Codes, pack, packedLength, storedBits } from './pack';
import { roundHalfToEven } from '../core/round';
import { checkSpec, codeRange, describeSpec, HalfSpec, isHalf, QuantSpec, WeightSpec } from './spec';
import { encodeTernary } from './ternary';

export type { EncodedWeight, WeightValues } from './encoded-weight';

/** Options of {@link encode}. */
export interface EncodeOptions {
  /** 1 = keep, one per value: where it is 0 the weight counts as 0. */
  readonly mask?: Uint8Array;
  /** Step sizes that were found otherwise (learned, searched); those of the spec's rule by default. Codes are then rounded. */
  readonly scales?: Float32Array;
}

/**
 * Codes and scales of a weight: mask first, then `clip(round(w / scale) + zeroPoint)`, rounding half to even, with the scale of the
 * block's range as `qparamsOf` gives it; the same numbers as `quantize`. Or as `ternary()`, `fp16()` and `bf16()` say.
 *
 * @throws UserError for values that are not finite or too large for their format, a granularity that does not fit the shape, or scales
 *   of another number.
 *
 * @example encode({ data: kernel, shape: [384, 1536] }, int8(perAxis(1))).scales.length // 1536
 */
export function encode<Spec extends WeightSpec>(
  weight: WeightValues,
  spec: Spec,
  options: EncodeOptions = {},
): EncodedWeight<Spec> {
  const encoded = roomFor(weight.shape, spec);
  encodeInto(encoded, weight.data, options);
  const isFinite = hasIntegers(encoded)
    ? encoded.scales.every(Number.isFinite)
    : areFinite(encoded.codes as Uint16Array, spec as HalfSpec);
  if (isFinite) return encoded as EncodedWeight<Spec>;
  throw new UserError(
    `Expected finite values ${isHalf(spec) && spec.format === 'fp16' ? 'of at most 65504 ' : ''}to encode in ${describeSpec(spec)}, ` +
      `got others in a weight of shape [${weight.shape.join(', ')}]; look for what made them.`,
  );
}

/** NaN and the infinities have all bits of the exponent. */
function areFinite(halves: Uint16Array, { format }: HalfSpec): boolean {
  const exponent = format === 'fp16' ? 0x7c00 : 0x7f80;
  return halves.every((half) => (half & exponent) !== exponent);
}

/** Bytes that a weight of this shape takes, known before there is room for it. */
export function bytesFor(
  shape: readonly number[],
  spec: WeightSpec,
): Record<'codes' | 'scales' | 'zeroPoints', number> {
  checkSpec(spec);
  const count = sizeOf(shape);
  if (isHalf(spec)) return { codes: 2 * count, scales: 0, zeroPoints: 0 };
  const blocks = sizeOf(blockCounts(shape, spec.granularity.block(shape)));
  const codes = packedLength(count, spec.bits);
  return { codes, scales: 4 * blocks, zeroPoints: spec.symmetric ? 0 : blocks };
}

/** Room for a weight of this shape; `encodeInto` fills it. */
export function roomFor(shape: readonly number[], spec: WeightSpec): EncodedWeight {
  const bytes = bytesFor(shape, spec);
  const scales = new Float32Array(bytes.scales / 4);
  if (isHalf(spec)) return { spec, shape, codes: new Uint16Array(bytes.codes / 2), scales };
  const room = (length: number): Codes => (spec.signed ? new Int8Array(length) : new Uint8Array(length));
  return {
    spec,
    shape,
    codes: storedBits(spec.bits) === 8 ? room(bytes.codes) : new Uint8Array(bytes.codes),
    scales,
    ...(spec.symmetric ? {} : { zeroPoints: room(bytes.zeroPoints) }),
  };
}

/**
 * `encode`, in place, of the values as they are now. A NaN or an infinity makes its block's scale not finite, and with it what the
 * block decodes to.
 */
export function encodeInto(
  target: EncodedWeight,
  values: Float32Array,
  { mask, scales }: EncodeOptions = {},
): void {
  const kept = mask ? values.map((value, i) => (mask[i] === 0 ? 0 : value)) : values;
  if (hasIntegers(target)) encodeIntegers(target, kept, scales);
  else halvesOf(kept, (target.spec as HalfSpec).format, target.codes as Uint16Array);
}

function encodeIntegers(
  target: EncodedIntegers,
  values: Float32Array,
  scales: Float32Array | undefined,
): void {
  const { spec, shape } = target;
  const isWhole = storedBits(spec.bits) === 8;
  const codes = isWhole ? target.codes : new Int8Array(values.length);
  if (scales) copyScales(target, scales);
  const given = scales !== undefined;
  const wasPlain = encodePlain({ ...target, codes: codes as Int8Array }, values, given);
  if (!wasPlain) encodeBlocks(target, values, given, codes, layoutOf(shape, spec.granularity));
  if (!isWhole) target.codes.set(pack(codes, spec.bits));
}

/** The general case, value by value, with the scales that the target has or else those of the spec's rule. */
function encodeBlocks(
  target: EncodedIntegers,
  values: Float32Array,
  givenScales: boolean,
  codes: Codes,
  layout: Layout,
): void {
  if (!givenScales && target.spec.rule === 'ternary') return encodeTernary(values, layout, target, codes);
  if (!givenScales) blockQParams(values, layout, target);
  fillCodes(codes, values, layout, target);
}

function copyScales({ scales, shape }: EncodedWeight, given: Float32Array): void {
  if (given.length !== scales.length) {
    throw new UserError(
      `Expected ${scales.length} scales for a weight of shape [${shape.join(', ')}], got ${given.length}.`,
    );
  }
  scales.set(given);
}

function fillCodes(
  codes: Codes,
  values: Float32Array,
  { rows, columns, blocks, firstOf, stepOf }: Layout,
  encoded: Pick<EncodedWeight<QuantSpec>, 'spec' | 'scales' | 'zeroPoints'>,
): void {
  const [lowest, highest] = codeRange(encoded.spec);
  const zeros = zeroPointsOf(encoded, blocks);
  const { scales } = encoded;
  for (let row = 0, i = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, i++) {
      const block = firstOf[row]! + stepOf[column]!;
      const code = roundHalfToEven(Math.fround(values[i]! / scales[block]!)) + zeros[block]!;
      codes[i] = code < lowest ? lowest : code > highest ? highest : code;
    }
  }
}
