import { configured } from '../../core/config';
import { UserError } from '../../core/errors';
import { uint8 } from '../spec';
import { Bins, magnitudesOf } from './float-histogram';
import { HistogramObserver, histogramObserver } from './histogram-observer';
import type { ObserverOptions } from './observer';

/** Options of {@link percentile}. */
export interface PercentileOptions extends ObserverOptions {
  /** Percent of the values that are inside the range, above 0 and at most 100. Default 99.99. */
  readonly percent?: number;
}

/**
 * Range that holds so many percent of all values ever seen (Wu et al., 2020, arXiv:2004.09602), as onnxruntime cuts: of an affine spec
 * half of the rest is outside on each side, of a symmetric one the rest by magnitude.
 *
 * `lo = Q((1 - p) / 2)`, `hi = Q((1 + p) / 2)`; symmetric: `hi = -lo = Q(p)` of |x|. Between the counted bins quantiles are interpolated,
 * so that they are right to 2⁻⁸ of themselves.
 *
 * @throws UserError for a percent outside (0, 100], and a spec that is not per tensor.
 *
 * @example prepare(model, staticInt8({ input: () => percentile({ percent: 99.9 }) }));
 */
export function percentile({ spec = uint8(), percent = 99.99 }: PercentileOptions = {}): HistogramObserver {
  if (!(percent > 0 && percent <= 100)) {
    throw new UserError(`Expected a percent above 0 and at most 100, got ${percent}.`);
  }
  const inside = percent / 100;
  const observer = histogramObserver('percentile', spec, (histogram, { symmetric }, bins) => {
    if (!symmetric) return { lo: quantile(bins, (1 - inside) / 2), hi: quantile(bins, (1 + inside) / 2) };
    const hi = quantile(magnitudesOf(histogram), inside);
    return { lo: -hi, hi };
  });
  return configured(observer, 'percentile', { spec, percent });
}

/** The number that a fraction of the values are below. */
export function quantile({ from, to, counts, total, hi }: Bins, fraction: number): number {
  const rank = fraction * total;
  let below = 0;
  for (let bin = 0; bin < counts.length; bin++) {
    const count = counts[bin]!;
    if (below + count >= rank) return from[bin]! + (to[bin]! - from[bin]!) * ((rank - below) / count);
    below += count;
  }
  return hi;
}
