import { configured } from '../../core/config';
import { UserError } from '../../core/errors';
import { codeRange, QuantSpec, uint8 } from '../spec';
import type { Bins } from './float-histogram';
import { HistogramObserver, histogramObserver } from './histogram-observer';
import type { HostRange } from './host-range';
import type { ObserverOptions } from './observer';
import { quantizationNoise } from './quantization-noise';

/** Options of {@link mse}. */
export interface MseOptions extends ObserverOptions {
  /**
   * Share of the values, those furthest from 0, whose own error does not count, in [0, 1): fewer than a hundred thousand values count all.
   * 0 is plain least squares, where one outlier of 100 among a million normal numbers takes the range up to 41 and costs the others 14 dB.
   * Default 10⁻⁵, as in the search of `histogram`.
   */
  readonly outliers?: number;
}

/**
 * Range that makes `Σ (x - x̂)²` of all values ever seen least (Sung et al., 2015, arXiv:1511.06488; Banner et al., 2019,
 * arXiv:1810.05723): what clipping costs beside what the smaller step gains. A symmetric range is searched over its threshold, an affine
 * one over one end after the other until neither moves, each from the value that lies furthest out, to a 32nd of an octave.
 *
 * @throws UserError for a share outside [0, 1), and a spec that is not per tensor.
 *
 * @example prepare(model, staticInt8({ input: () => mse() }));
 */
export function mse({ spec = uint8(), outliers = 1e-5 }: MseOptions = {}): HistogramObserver {
  if (!(outliers >= 0 && outliers < 1)) {
    throw new UserError(`Expected a share of outliers in [0, 1), got ${outliers}.`);
  }
  const observer = histogramObserver('mse', spec, ({ lo, hi }, quantSpec, all) => {
    const bins = without(Math.floor(outliers * all.total), all);
    if (quantSpec.symmetric) {
      const most = Math.max(-lo, hi);
      return bestOf(most, (end) => ({ lo: -end, hi: end }), bins, quantSpec);
    }
    return bestAffine({ lo: Math.min(lo, 0), hi: Math.max(hi, 0) }, bins, quantSpec);
  });
  return configured(observer, 'mse', { spec, outliers });
}

/** The bins without so many values, those furthest from 0. */
function without(count: number, bins: Bins): Bins {
  const counts = bins.counts.slice();
  let [left, first, last] = [count, 0, counts.length - 1];
  while (left > 0) {
    const isFirst = Math.abs(bins.from[first]!) > Math.abs(bins.to[last]!);
    const bin = isFirst ? first++ : last--;
    const taken = Math.min(left, counts[bin]!);
    counts[bin]! -= taken;
    left -= taken;
  }
  return { ...bins, counts, total: bins.total - count };
}

/** Rounds over both ends; two suffice nearly always. */
const MOST_ROUNDS = 4;

function bestAffine(whole: HostRange, bins: Bins, spec: QuantSpec): HostRange {
  let range = whole;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const before = range;
    if (whole.hi > 0) range = bestOf(whole.hi, (hi) => ({ lo: range.lo, hi }), bins, spec);
    if (whole.lo < 0) range = bestOf(whole.lo, (lo) => ({ lo, hi: range.hi }), bins, spec);
    if (range.lo === before.lo && range.hi === before.hi) break;
  }
  return range;
}

/** Parts of an octave of the first search, and of the one around its best. */
const COARSE = 4;
const FINE = 32;

/** The best of the ranges with an end at most this far out: at steps of parts of an octave, then of finer parts around the best. */
function bestOf(
  furthest: number,
  rangeTo: (end: number) => HostRange,
  bins: Bins,
  spec: QuantSpec,
): HostRange {
  const rangeAt = (octaves: number) => rangeTo(furthest * 2 ** -octaves);
  const noiseAt = (octaves: number) => quantizationNoise(bins, rangeAt(octaves), spec);
  let best = { octaves: 0, noise: noiseAt(0) };
  const consider = (octaves: number): number => {
    const noise = noiseAt(octaves);
    if (noise < best.noise) best = { octaves, noise };
    return noise;
  };
  for (let i = 1; Math.fround(furthest * 2 ** (-i / COARSE)) !== 0; i++) {
    const { lo, hi } = rangeAt(i / COARSE);
    if (consider(i / COARSE) - mostRounding(bins, hi - lo, spec) > best.noise) break;
  }
  const middle = best.octaves;
  for (let i = 1 - FINE / COARSE; i < FINE / COARSE; i++) consider(Math.max(middle + i / FINE, 0));
  return rangeAt(best.octaves);
}

/** Rounding costs a value half a step at most. The rest of the noise is clipping, which only grows as the range shrinks. */
function mostRounding({ total }: Bins, width: number, spec: QuantSpec): number {
  const [lowest, highest] = codeRange(spec);
  return total * (width / (highest - lowest) / 2) ** 2;
}
