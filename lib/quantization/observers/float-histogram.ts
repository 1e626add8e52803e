/*
 * A histogram that need not know the range beforehand. A value's bin is given by the first bits of its float32: sign, exponent and
 * MANTISSA bits of the mantissa. So the bins never move, are never merged, and grow with the values: each is at most 2^-MANTISSA of
 * its values wide, whether these are thousandths or an outlier of a million. Counts are exact and do not depend on the order of the
 * values or on how they come in batches; an outlier takes nothing from the resolution of the rest, as it does from bins of equal width.
 */

/** Bits of the mantissa that tell bins apart. */
const MANTISSA = 8;
const SHIFT = 23 - MANTISSA;
/** Bins of one sign. */
const HALF = 2 ** (8 + MANTISSA);
/** The first bin of infinities and NaN, of positive sign. */
const NOT_FINITE = 255 * 2 ** MANTISSA;

export const BINS = 2 * HALF;

/** How many values each bin has, and the extremes, exactly. */
export interface FloatHistogram {
  /** [BINS]: positive values, then negative ones, both by magnitude. */
  readonly counts: Float64Array;
  /** Infinity before there is a value. */
  lo: number;
  /** -Infinity before there is a value. */
  hi: number;
}

export function floatHistogram(): FloatHistogram {
  return { counts: new Float64Array(BINS), lo: Infinity, hi: -Infinity };
}

/** Counts some values. */
export function count(histogram: FloatHistogram, values: Float32Array): void {
  const { counts } = histogram;
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  let { lo, hi } = histogram;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    counts[bits[i]! >>> SHIFT]!++;
    if (value < lo) lo = value;
    if (value > hi) hi = value;
  }
  histogram.lo = lo;
  histogram.hi = hi;
}

/** Whether all that was counted is finite. */
export function isFiniteHistogram({ counts }: FloatHistogram): boolean {
  const isEmpty = (from: number) => counts.subarray(from + NOT_FINITE, from + HALF).every((n) => n === 0);
  return isEmpty(0) && isEmpty(HALF);
}

/** The bins that have values, ascending: `counts[i]` values between `from[i]` and `to[i]`, which may be the same number. */
export interface Bins {
  readonly from: Float64Array;
  readonly to: Float64Array;
  readonly counts: Float64Array;
  /** How many values there are in all. */
  readonly total: number;
  /** The lowest and the highest value, exactly. */
  readonly lo: number;
  readonly hi: number;
}

/** The bins of finite values. */
export function binsOf({ counts, lo, hi }: FloatHistogram): Bins {
  const found: number[] = [];
  for (let bin = BINS - 1; bin >= HALF; bin--) if (counts[bin]! > 0) found.push(bin);
  for (let bin = 0; bin < HALF; bin++) if (counts[bin]! > 0) found.push(bin);
  return gather(
    found.map((bin) => [edgesOf(bin), counts[bin]!]),
    lo,
    hi,
  );
}

/** The bins of the values' magnitudes. */
export function magnitudesOf({ counts, lo, hi }: FloatHistogram): Bins {
  const both: [readonly [number, number], number][] = [];
  for (let bin = 0; bin < HALF; bin++) {
    const total = counts[bin]! + counts[bin + HALF]!;
    if (total > 0) both.push([edgesOf(bin), total]);
  }
  const least = lo > 0 ? lo : hi < 0 ? -hi : 0;
  return gather(both, least, Math.max(Math.abs(lo), Math.abs(hi)));
}

function gather(
  found: readonly (readonly [readonly [number, number], number])[],
  lo: number,
  hi: number,
): Bins {
  const within = (edge: number) => Math.min(Math.max(edge, lo), hi);
  return {
    from: Float64Array.from(found, ([[from]]) => within(from)),
    to: Float64Array.from(found, ([[, to]]) => within(to)),
    counts: Float64Array.from(found, ([, total]) => total),
    total: found.reduce((sum, [, total]) => sum + total, 0),
    lo,
    hi,
  };
}

const word = new Uint32Array(1);
const asFloat = new Float32Array(word.buffer);

/** The least and the greatest number of a bin; the one of 0 is 0 alone, however small what else falls into it. */
function edgesOf(bin: number): readonly [number, number] {
  const magnitude = bin % HALF;
  if (magnitude === 0) return [0, 0];
  const [near, far] = [magnitude, magnitude + 1].map((each) => {
    word[0] = each << SHIFT;
    return asFloat[0]!;
  }) as [number, number];
  return bin < HALF ? [near, far] : [-far, -near];
}
