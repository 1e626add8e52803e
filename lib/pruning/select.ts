/**
 * Selection by radix: the k-th smallest of many scores in two passes of 65 536 counters each, without sorting, copying or
 * comparing. It is exact and does not depend on the order of the scores, and costs the same for any distribution.
 */

/** Where the smallest scores end. */
export interface Cut {
  /** Everything with a smaller key is selected … */
  readonly key: number;
  /** … and this many of those with exactly this key. */
  readonly ties: number;
}

const SIGN = 0x80000000 | 0;

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
  const views = scores.map(bitsOf);
  const high = new Uint32Array(1 << 16);
  for (const bits of views) {
    for (let i = 0; i < bits.length; i++) high[sortKey(bits[i]!) >>> 16]!++;
  }
  const upper = rank(high, count);
  const low = new Uint32Array(1 << 16);
  for (const bits of views) {
    for (let i = 0; i < bits.length; i++) {
      const key = sortKey(bits[i]!);
      if (key >>> 16 === upper.bin) low[key & 0xffff]!++;
    }
  }
  const lower = rank(low, upper.within);
  return { key: upper.bin * 65536 + lower.bin, ties: lower.within };
}

/** The bin that holds the `count`-th element, and its rank (from 1) within that bin. */
function rank(histogram: Uint32Array, count: number): { bin: number; within: number } {
  let within = count;
  let bin = 0;
  while (histogram[bin]! < within) within -= histogram[bin++]!;
  return { bin, within };
}
