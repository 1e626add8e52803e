import { configured } from '../../core/config';
import { codeRange, uint8 } from '../spec';
import { HistogramObserver, histogramObserver } from './histogram-observer';
import type { HostRange } from './host-range';
import { linearBins } from './linear-bins';
import type { ObserverOptions } from './observer';

/** As many as torch's observer has. */
const SIZE = 2048;
/** What share of the values a step of the search leaves out, at one end. */
const STEP = 1e-5;

/**
 * Range by the search of torch's `HistogramObserver` (caffe2's norm minimization): of 2048 equal bins between the lowest and highest
 * value it leaves out more and more at the end where a share of 10⁻⁵ of the values takes more bins, as long as that lessens the
 * rounding error `Σ (x - x̂)²`, taken as even within bins.
 *
 * torch's numbers but for what is within a counted bin, 2⁻⁸ of its values, and is spread over it here; unlike torch's they do not
 * depend on how the data come in batches. The search stops at the first step that gains nothing: `mse` looks further.
 *
 * @throws UserError for a spec that is not per tensor.
 *
 * @example prepare(model, staticInt8({ input: () => histogram() }));
 */
export function histogram({ spec = uint8() }: ObserverOptions = {}): HistogramObserver {
  const observer = histogramObserver('histogram', spec, ({ lo, hi }, quantSpec, bins) => {
    const [lowest, highest] = codeRange(quantSpec);
    const width = (hi - lo) / SIZE;
    const { first, last } = search(linearBins(bins, lo, hi, SIZE), highest - lowest + 1);
    return { lo: lo + width * first, hi: lo + width * (last + 1) } satisfies HostRange;
  });
  return configured(observer, 'histogram', { spec });
}

interface Kept {
  readonly first: number;
  readonly last: number;
}

/** The bins that are kept. */
function search(counts: Float64Array, levels: number): Kept {
  const sums = cumulative(counts);
  const total = sums.at(-1)!;
  let [below, above] = [0, 1];
  let kept: Kept = { first: 0, last: counts.length - 1 };
  let least = Infinity;
  while (below < above) {
    const [nextBelow, nextAbove] = [below + STEP, above - STEP];
    let { first, last } = kept;
    while (first < kept.last && sums[first]! < nextBelow * total) first++;
    while (last > kept.first && sums[last]! > nextAbove * total) last--;
    const isLeft = first - kept.first > kept.last - last;
    const next = isLeft ? { ...kept, first } : { ...kept, last };
    if (isLeft) below = nextBelow;
    else above = nextAbove;
    if (next.first === kept.first && next.last === kept.last) continue;
    const error = roundingError(counts, next, levels);
    if (error > least) break;
    least = error;
    kept = next;
  }
  return kept;
}

function cumulative(counts: Float64Array): Float64Array {
  let sum = 0;
  return counts.map((count) => (sum += count));
}

/**
 * `Σ (x - x̂)²` over all bins, in units of their width, where the bins that are kept are shared out to levels and each value becomes
 * the middle of its level. What is outside becomes that of the level at the end.
 */
function roundingError(counts: Float64Array, { first, last }: Kept, levels: number): number {
  const width = (last - first + 1) / levels;
  const levelOf = (place: number) => Math.min(Math.max(Math.floor(place / width), 0), levels - 1);
  const whole = cubes(-width / 2, width / 2);
  let error = 0;
  for (let bin = 0; bin < counts.length; bin++) {
    const count = counts[bin]!;
    if (count === 0) continue;
    const begin = bin - first;
    const end = begin + 1;
    const from = levelOf(begin);
    const to = levelOf(end);
    const left = cubes(begin - (from + 0.5) * width, width / 2);
    const right = cubes(-width / 2, end - (to + 0.5) * width);
    error += count * (left + (to - from - 1) * whole + right);
  }
  return error;
}

/** `∫ x² dx`. */
const cubes = (from: number, to: number): number => (to * to * to - from * from * from) / 3;
