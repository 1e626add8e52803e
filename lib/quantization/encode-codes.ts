import { sizeOf } from '../core/host-tensor';
import { UserError } from '../core/errors';
import { codesOf, zeroPointsOf } from './decode';
import { roomFor } from './encode';
import { EncodedIntegers, EncodedWeight, hasIntegers } from './encoded-weight';
import { blocksOf, layoutOf } from './layout';
import { Codes, pack } from './pack';
import { codeRange, QuantSpec } from './spec';

/** Codes that were found otherwise than by rounding, and what they count in. */
export interface GivenCodes {
  /** One per value, row-major, not packed: whole numbers within the spec's codes. */
  readonly codes: ArrayLike<number>;
  /** Step sizes, one per block of the spec's granularity, row-major over the blocks. */
  readonly scales: Float32Array;
  /** Likewise, for affine specs. */
  readonly zeroPoints?: ArrayLike<number>;
}

/**
 * A weight of given codes, packed as `encode` packs its own: what rounding that looks at data (GPTQ, AdaRound) comes to.
 *
 * @throws UserError for another number of codes, scales or zero points, for codes that the spec does not have, and for scales that are
 *   no steps.
 *
 * @example encodeCodes([2, 2], int4(perAxis(1)), { codes: [7, -7, 0, 3], scales: Float32Array.of(0.1, 0.2) })
 */
export function encodeCodes(shape: readonly number[], spec: QuantSpec, given: GivenCodes): EncodedIntegers {
  const encoded = roomFor(shape, spec) as EncodedIntegers;
  const { scales, zeroPoints } = encoded;
  const [lowest, highest] = codeRange(spec);
  const isCode = (code: number) => Number.isInteger(code) && code >= lowest && code <= highest;
  const told = `whole numbers from ${lowest} to ${highest}`;
  const codes = codesOf(encoded).slice();
  fill(codes, given.codes, isCode, `codes that are ${told}`);
  fill(scales, given.scales, (scale) => scale > 0 && scale < Infinity, 'scales that are steps above 0');
  fill(zeroPoints ?? NONE, given.zeroPoints ?? [], isCode, `zero points that are ${told}`);
  encoded.codes.set(pack(codes, spec.bits));
  return encoded;
}

/** The same codes, but that of 0 wherever a weight is 0; the very same where none is. */
export function pruneCodes(encoded: EncodedWeight, isZero: (index: number) => boolean): EncodedWeight {
  if (!hasZero(sizeOf(encoded.shape), isZero)) return encoded; // before every run of a program, most of them have none
  if (!hasIntegers(encoded))
    return { ...encoded, codes: encoded.codes.map((code, i) => (isZero(i) ? 0 : code)) };
  const { spec, shape, codes: packed } = encoded;
  const codes = codesOf(encoded).slice();
  const layout = layoutOf(shape, spec.granularity);
  const zeros = zeroPointsOf(encoded, layout.blocks);
  let isSame = true;
  blocksOf(layout).forEach((block, i) => {
    if (!isZero(i) || codes[i] === zeros[block]) return;
    codes[i] = zeros[block]!;
    isSame = false;
  });
  if (isSame) return encoded;
  const pruned = packed.slice();
  pruned.set(pack(codes, spec.bits));
  return { ...encoded, codes: pruned };
}

function hasZero(size: number, isZero: (index: number) => boolean): boolean {
  for (let i = 0; i < size; i++) if (isZero(i)) return true;
  return false;
}

const NONE = new Uint8Array(0);

function fill(
  target: Codes | Float32Array,
  given: ArrayLike<number>,
  isRight: (value: number) => boolean,
  what: string,
): void {
  if (given.length !== target.length) {
    throw new UserError(`Expected ${target.length} ${what}, got ${given.length}.`);
  }
  const wrong = Array.prototype.findIndex.call(given, (value: number) => !isRight(value));
  if (wrong >= 0) throw new UserError(`Expected ${what}, got ${given[wrong]} at ${wrong}.`);
  target.set(given);
}
