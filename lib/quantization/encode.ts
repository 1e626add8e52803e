import { UserError } from '../core/errors';
import { sizeOf } from '../core/host-tensor';
import { quantizeColumns, quantizeRows } from '../wasm/kernels';
import { blockQParams } from './block-qparams';
import type { EncodedWeight, WeightValues } from './encoded-weight';
import { forEachValue, Layout, layoutOf } from './layout';
import { Codes, pack, packedLength, storedBits, unpack } from './pack';
import { roundHalfToEven } from './round';
import { checkSpec, codeRange, fixedZeroPoint, QuantSpec } from './spec';

export type { EncodedWeight, WeightValues } from './encoded-weight';

export interface EncodeOptions {
  /** 1 = keep, one per value: where it is 0 the weight counts as 0. */
  readonly mask?: Uint8Array;
  /** Step sizes that were found otherwise (learned, searched); the symmetric or affine range of the values by default. */
  readonly scales?: Float32Array;
}

/**
 * Codes and scales of a weight: mask first, then `clip(round(w / scale) + zeroPoint)`, rounding half to even, with the scale of the
 * block's range as `qparamsOf` gives it. The same numbers as `quantize`.
 *
 * @throws UserError for values that are not finite, a granularity that does not fit the shape, or scales of another number.
 *
 * @example encode({ data: kernel, shape: [384, 1536] }, int8(perAxis(1))).scales.length // 1536
 */
export function encode(weight: WeightValues, spec: QuantSpec, options: EncodeOptions = {}): EncodedWeight {
  const encoded = roomFor(weight.shape, spec);
  encodeInto(encoded, weight.data, options);
  if (encoded.scales.every(Number.isFinite)) return encoded;
  throw new UserError(
    `Expected finite values to encode in ${spec.bits} bits, got NaN or an infinity in a weight of shape ` +
      `[${weight.shape.join(', ')}]; look for what made them.`,
  );
}

/** Room for the codes of a weight of this shape; `encodeInto` fills it. */
export function roomFor(shape: readonly number[], spec: QuantSpec): EncodedWeight {
  const { bits, signed, symmetric, granularity } = checkSpec(spec);
  const { blocks } = layoutOf(shape, granularity);
  const bytes = packedLength(sizeOf(shape), bits);
  const room = (length: number): Codes => (signed ? new Int8Array(length) : new Uint8Array(length));
  return {
    spec,
    shape,
    codes: storedBits(bits) === 8 ? room(bytes) : new Uint8Array(bytes),
    scales: new Float32Array(blocks),
    ...(symmetric ? {} : { zeroPoints: room(blocks) }),
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
  if (!scales && encodeFast(target, kept)) return;
  const layout = layoutOf(target.shape, target.spec.granularity);
  if (scales) copyScales(target, scales);
  else blockQParams(kept, layout, target);
  const isWhole = storedBits(target.spec.bits) === 8;
  const codes = isWhole ? target.codes : new Int8Array(kept.length);
  fillCodes(codes, kept, layout, target);
  if (!isWhole) target.codes.set(pack(codes, target.spec.bits));
}

/** By the WebAssembly kernels, at billions of weights a second, where there is one for the spec. */
function encodeFast({ spec, shape, codes, scales }: EncodedWeight, values: Float32Array): boolean {
  const matrix = matrixForm(shape, spec);
  if (!matrix) return false;
  const kernel = matrix.axis === 0 ? quantizeRows : quantizeColumns;
  kernel(values, codes as Int8Array, scales, matrix.rows, matrix.columns);
  return true;
}

/** A weight whose blocks are the rows or the columns of a matrix [rows, columns] with the same values in the same order. */
export interface MatrixForm {
  readonly rows: number;
  readonly columns: number;
  /** 0: a scale per row; 1: per column. */
  readonly axis: 0 | 1;
}

/**
 * The matrix that int8 codes of [-127, 127] with a scale per row or per column are computed and multiplied as: what kernels and
 * programs are made for. Undefined for other specs.
 */
export function matrixForm(shape: readonly number[], spec: QuantSpec): MatrixForm | undefined {
  const { bits, signed, symmetric, narrowRange, granularity } = spec;
  if (!(bits === 8 && signed && symmetric && narrowRange)) return undefined;
  const block = granularity.block(shape);
  const [isWhole, isSingle] = [
    block.map((size, axis) => size === shape[axis]),
    block.map((size) => size === 1),
  ];
  for (let cut = 1; cut < shape.length; cut++) {
    const form = { rows: sizeOf(shape.slice(0, cut)), columns: sizeOf(shape.slice(cut)) };
    const isSplit = (before: readonly boolean[], after: readonly boolean[]) =>
      before.slice(0, cut).every(Boolean) && after.slice(cut).every(Boolean);
    if (isSplit(isSingle, isWhole)) return { ...form, axis: 0 };
    if (isSplit(isWhole, isSingle)) return { ...form, axis: 1 };
  }
  return undefined;
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
  layout: Layout,
  encoded: Omit<EncodedWeight, 'codes'>,
): void {
  const [lowest, highest] = codeRange(encoded.spec);
  const zeroOf = zeroPointOf(encoded);
  const { scales } = encoded;
  forEachValue(layout, (i, block) => {
    const code = roundHalfToEven(Math.fround(values[i]! / scales[block]!)) + zeroOf(block);
    codes[i] = code < lowest ? lowest : code > highest ? highest : code;
  });
}

/** The zero point of each block. */
function zeroPointOf({ spec, zeroPoints }: Omit<EncodedWeight, 'codes'>): (block: number) => number {
  const fixed = fixedZeroPoint(spec);
  return zeroPoints ? (block) => zeroPoints[block]! : () => fixed;
}

/** The codes of a weight, one per value. */
export function codesOf({ spec, shape, codes }: EncodedWeight): Codes {
  return unpack(codes, sizeOf(shape), spec.bits, spec.signed);
}

/** The numbers that the codes stand for, `scale · (code - zeroPoint)`: the fake-quantized weight, bit for bit. */
export function decode(encoded: EncodedWeight): Float32Array {
  const { spec, shape, scales } = encoded;
  const codes = codesOf(encoded);
  const zeroOf = zeroPointOf(encoded);
  const values = new Float32Array(codes.length);
  forEachValue(layoutOf(shape, spec.granularity), (i, block) => {
    values[i] = scales[block]! * (codes[i]! - zeroOf(block));
  });
  return values;
}

/** How many values are exactly 0. */
export function zerosOf(encoded: EncodedWeight): number {
  const codes = codesOf(encoded);
  const zeroOf = zeroPointOf(encoded);
  let zeros = 0;
  forEachValue(layoutOf(encoded.shape, encoded.spec.granularity), (i, block) => {
    zeros += Number(codes[i] === zeroOf(block));
  });
  return zeros;
}

/** Bytes that a weight takes as it is stored: codes, scales, zero points. */
export function bytesOf({ codes, scales, zeroPoints }: EncodedWeight): number {
  return codes.byteLength + scales.byteLength + (zeroPoints?.byteLength ?? 0);
}
