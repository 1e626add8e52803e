import * as tf from '@tensorflow/tfjs';
import { UserError } from '../../core/errors';
import { tap } from '../../core/tap';
import { perTensor } from '../granularity';
import type { QuantSpec } from '../spec';
import { Bins, binsOf, FloatHistogram, isFiniteHistogram } from './float-histogram';
import { hostQParams } from './host-qparams';
import type { HostRange } from './host-range';
import { keptHistogram } from './kept-histogram';
import type { Observer } from './observer';

/** An observer that counts: its range does not depend on the order of what it saw, or on how that came in batches. */
export interface HistogramObserver extends Observer {
  readonly late: true;
  /** The range that it chose of what it saw, before it is widened to contain 0; 0 … 0 of nothing, NaN … NaN where not all is finite. */
  range(): HostRange;
  state(): Record<'counts' | 'extremes', tf.Variable>;
}

/** Chooses a range of what was counted: at least one value, all finite, not all the same. */
export type ChooseRange = (histogram: FloatHistogram, spec: QuantSpec, bins: Bins) => HostRange;

/**
 * An observer that counts what it sees on the host, exactly, in a fixed memory of a megabyte, and chooses a range from the counts when
 * it is asked for one.
 *
 * @param name of the method, for error messages.
 * @throws UserError for a spec that is not per tensor.
 */
export function histogramObserver(name: string, spec: QuantSpec, choose: ChooseRange): HistogramObserver {
  expectPerTensor(name, spec);
  const kept = keptHistogram();
  const range = () => rangeOf(kept.read(), spec, choose);
  const qparams = hostQParams(name, spec, range, () => kept.revision());
  return {
    spec,
    late: true,
    observe(x) {
      if (x.size > 0) tap(x, ({ data }) => kept.add(asFloats(data)));
    },
    observeRows(x, rows) {
      if (x.size === 0) return;
      const marked = tf.tidy(() => tf.concat([x.toFloat(), rows.toFloat()], -1));
      tap(marked, ({ data, shape }) => kept.add(countedOf(asFloats(data), shape.at(-1)!)));
      marked.dispose();
    },
    hasObserved: () => kept.revision() > 0 && !isEmpty(kept.read()),
    range,
    qparams,
    state: () => kept.state(),
    dispose: () => kept.dispose(),
  };
}

function rangeOf(histogram: FloatHistogram, spec: QuantSpec, choose: ChooseRange): HostRange {
  if (!isFiniteHistogram(histogram)) return { lo: NaN, hi: NaN };
  if (isEmpty(histogram)) return { lo: 0, hi: 0 };
  const { lo, hi } = histogram;
  return lo === hi ? { lo, hi } : choose(histogram, spec, binsOf(histogram));
}

const isEmpty = (histogram: FloatHistogram): boolean =>
  histogram.lo > histogram.hi && isFiniteHistogram(histogram);

function asFloats(data: tf.TypedArray): Float32Array {
  return data instanceof Float32Array ? data : Float32Array.from(data);
}

/** The values of those rows whose last number, the mark, is not 0. */
function countedOf(rows: Float32Array, width: number): Float32Array {
  const counted = new Float32Array(rows.length);
  let end = 0;
  for (let at = 0; at < rows.length; at += width) {
    if (rows[at + width - 1] === 0) continue;
    counted.set(rows.subarray(at, at + width - 1), end);
    end += width - 1;
  }
  return counted.subarray(0, end);
}

function expectPerTensor(name: string, { granularity }: QuantSpec): void {
  if (granularity.name === perTensor().name) return;
  throw new UserError(
    `Expected a spec that is perTensor() for ${name}(), got ${granularity.name}; minMax() and movingAverage() take others.`,
  );
}
