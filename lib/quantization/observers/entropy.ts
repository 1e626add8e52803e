import { configured } from '../../core/config';
import { codeRange, QuantSpec, uint8 } from '../spec';
import { Bins, FloatHistogram, magnitudesOf } from './float-histogram';
import { HistogramObserver, histogramObserver } from './histogram-observer';
import type { HostRange } from './host-range';
import { linearBins } from './linear-bins';
import type { ObserverOptions } from './observer';

/** Bins of the histogram that is searched: odd, so that one is around 0. */
const SIZE = 2049;
/** What Q has of a bin where it lacks what P has, in values: as in onnxruntime. */
const LEAST = 1e-4;

/**
 * Range that loses least information (Migacz, 2017, "8-bit inference with TensorRT"; onnxruntime's entropy calibration): the threshold
 * t for which the Kullback–Leibler divergence `KL(P ‖ Q) = Σ P ln(P / Q)` is least, P being the values clipped to [-t, t] in 2049 equal
 * bins and Q those bins shared out to as many levels as there are codes, each level's values spread over its bins that have any.
 * Where all values are on one side of 0 and the spec is affine, the levels are on that side. The range is cut to what was seen.
 *
 * Unlike there, exact zeros do not count (half of a rectified tensor, which every range represents exactly), levels that are not whole
 * numbers of bins are as even as can be, and nothing is rounded to whole counts.
 *
 * @throws UserError for a spec that is not per tensor.
 *
 * @example prepare(model, staticInt8({ input: () => entropy() }));
 */
export function entropy({ spec = uint8() }: ObserverOptions = {}): HistogramObserver {
  const observer = histogramObserver('entropy', spec, (histogram, quantSpec, bins) => {
    const { lo, hi } = histogram;
    const threshold = thresholdOf(histogram, bins, quantSpec);
    if (quantSpec.symmetric) return { lo: -threshold, hi: threshold };
    return { lo: Math.max(lo, -threshold), hi: Math.min(hi, threshold) } satisfies HostRange;
  });
  return configured(observer, 'entropy', { spec });
}

function thresholdOf(histogram: FloatHistogram, bins: Bins, spec: QuantSpec): number {
  const [lowest, highest] = codeRange(spec);
  const levels = highest - lowest + 1;
  const most = Math.max(-histogram.lo, histogram.hi);
  const isOneSided = !spec.symmetric && (histogram.lo >= 0 || histogram.hi <= 0);
  const counted = withoutZeros(isOneSided ? magnitudesOf(histogram) : bins);
  const sums = sumsOf(linearBins(counted, isOneSided ? 0 : -most, most, SIZE));
  const width = (isOneSided ? most : 2 * most) / SIZE;
  const slice = isOneSided ? (i: number) => [0, i] as const : around;
  const largest = isOneSided ? SIZE : (SIZE + 1) / 2;
  let best = { size: largest, divergence: Infinity };
  for (let size = isOneSided ? levels : Math.ceil((levels + 1) / 2); size <= largest; size++) {
    const [from, to] = slice(size);
    const divergence = divergenceOf(sums, from, to, levels);
    if (divergence < best.divergence) best = { size, divergence };
  }
  return isOneSided ? best.size * width : (best.size - 0.5) * width;
}

/** The bins of a threshold on both sides: that of 0 and `size - 1` on each. */
function around(size: number): readonly [from: number, to: number] {
  const middle = (SIZE - 1) / 2;
  return [middle - size + 1, middle + size];
}

function withoutZeros(bins: Bins): Bins {
  const counts = bins.counts.map((count, bin) => (bins.from[bin] === 0 && bins.to[bin] === 0 ? 0 : count));
  return { ...bins, counts };
}

/** Sums over the bins before each, so that those of any slice are differences. */
interface Sums {
  readonly counts: Float64Array;
  /** How many bins have values. */
  readonly filled: Float64Array;
  /** `Σ c ln c`. */
  readonly logs: Float64Array;
}

function sumsOf(counts: Float64Array): Sums {
  const sumUp = (of: (count: number) => number): Float64Array => {
    const sums = new Float64Array(counts.length + 1);
    counts.forEach((count, bin) => (sums[bin + 1] = sums[bin]! + of(count)));
    return sums;
  };
  return { counts: sumUp((count) => count), filled: sumUp((count) => Number(count > 0)), logs: sumUp(xLogX) };
}

const xLogX = (x: number): number => (x > 0 ? x * Math.log(x) : 0);

/** `KL(P ‖ Q)` of the bins `from` up to `to`, what is outside being in the first and the last. */
function divergenceOf({ counts, filled, logs }: Sums, from: number, to: number, levels: number): number {
  const total = counts.at(-1)!;
  const within = counts[to]! - counts[from]!;
  const outside = [counts[from]!, total - counts[to]!] as const;
  const edges = [counts[from + 1]! - counts[from]!, counts[to]! - counts[to - 1]!] as const;
  let ofP = logs[to - 1]! - logs[from + 1]!;
  let ofQ = 0;
  edges.forEach((count, side) => (ofP += xLogX(count + outside[side]!)));
  for (let level = 0, begin = from; level < levels; level++) {
    const end = from + Math.round(((level + 1) * (to - from)) / levels);
    const inLevel = counts[end]! - counts[begin]!;
    const isEdge = [level === 0, level === levels - 1];
    const added = outside.reduce((sum, count, side) => sum + (isEdge[side] ? count : 0), 0);
    const fresh = outside.filter((count, side) => isEdge[side] && count > 0 && edges[side] === 0).length;
    if (inLevel + added > 0) {
      const perBin = inLevel / (filled[end]! - filled[begin]! + fresh);
      ofQ += (inLevel + added) * Math.log(Math.max(perBin, LEAST));
    }
    begin = end;
  }
  return within > 0 ? (ofP - ofQ) / total + Math.log(within) - Math.log(total) : Infinity;
}
