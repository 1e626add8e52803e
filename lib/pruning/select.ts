import { countHalves } from '../wasm/kernels';

/**
 * Selection by radix: the k-th smallest of many scores in two passes of 65 536 counters each, without sorting, copying or
 * comparing. It is exact and does not depend on the order of the scores, and costs the same for any distribution.
 */

/** Where the smallest scores end. */
export interface Cut {
  /** Everything with a smaller key is selected … */
  readonly key: number;
  /** … and this many of those with exactly this key … */
  readonly ties: number;
  /** … of which there are so many. */
  readonly equal: number;
}

const SIGN = 0x80000000 | 0;

/** The bits of −Infinity, the score of what stays pruned, and its key: the smallest of all scores'. */
export const HELD_BITS = 0xff800000 | 0;
export const HELD_KEY = sortKey(HELD_BITS);

/** The float's bits as an unsigned integer that sorts as the float does; -0 is 0. */
export function sortKey(bits: number): number {
  const canonical = bits === SIGN ? 0 : bits;
  return (canonical ^ ((canonical >> 31) | SIGN)) >>> 0;
}

/** The bits of scores, without a copy. */
export function bitsOf(scores: Float32Array): Int32Array {
  return new Int32Array(scores.buffer, scores.byteOffset, scores.length);
}

/** The cut below which the `count` smallest of all scores lie; `count` is at least 1 and at most their number. */
export function cutAt(scores: readonly Float32Array[], count: number): Cut {
  const upper = rank(countHalves(scores), count);
  const lower = rank(countHalves(scores, upper.bin), upper.within);
  return { key: upper.bin * 65536 + lower.bin, ties: lower.within, equal: lower.size };
}

/** The bin that holds the `count`-th element, its rank (from 1) within that bin, and how many that has. */
function rank(histogram: Int32Array, count: number): { bin: number; within: number; size: number } {
  let within = count;
  let bin = 0;
  while (histogram[bin]! < within) within -= histogram[bin++]!;
  return { bin, within, size: histogram[bin]! };
}
