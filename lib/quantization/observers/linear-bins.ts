import type { Bins } from './float-histogram';

/**
 * Counts in bins of equal width between two numbers, from those of a histogram: what is in one of its bins counts as spread over it
 * evenly. What is outside counts at the ends.
 *
 * @returns how many values each of `size` bins has; their sum is the number of values.
 */
export function linearBins(bins: Bins, lo: number, hi: number, size: number): Float64Array {
  const linear = new Float64Array(size);
  const width = (hi - lo) / size;
  const placeOf = (value: number) => Math.min(Math.max((value - lo) / width, 0), size);
  const last = size - 1;
  for (let bin = 0; bin < bins.counts.length; bin++) {
    const count = bins.counts[bin]!;
    const [from, to] = [placeOf(bins.from[bin]!), placeOf(bins.to[bin]!)];
    const [first, end] = [Math.min(Math.floor(from), last), Math.min(Math.floor(to), last)];
    for (let place = first; place <= end; place++) {
      const overlap = Math.min(to, place + 1) - Math.max(from, place);
      linear[place]! += first === end ? count : (count * overlap) / (to - from);
    }
  }
  return linear;
}
