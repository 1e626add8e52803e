import type { HistogramMessage } from './messages';

/** TensorBoard's own number of buckets. */
const BUCKETS = 30;

/**
 * Counts the finite values in 30 equal buckets from their minimum to their maximum, as TensorBoard's own summary
 * does; equal values make a single bucket. NaN and infinities are left out of everything, `num` included:
 * without a finite value the histogram is empty.
 */
export function histogramOf(values: Float32Array): HistogramMessage {
  const { min, max, num, sum, sumSquares } = moments(values);
  if (num === 0) return { min: 0, max: 0, num, sum, sumSquares, bucketLimit: [], bucket: [] };
  if (min === max) return { min, max, num, sum, sumSquares, bucketLimit: [max], bucket: [num] };

  const bucket = new Array<number>(BUCKETS).fill(0);
  const perUnit = BUCKETS / (max - min);
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    const index = Math.min(Math.floor((value - min) * perUnit), BUCKETS - 1);
    bucket[index] = bucket[index]! + 1;
  }
  const bucketLimit = bucket.map((_, i) => (i === BUCKETS - 1 ? max : min + (i + 1) / perUnit));
  return { min, max, num, sum, sumSquares, bucketLimit, bucket };
}

function moments(values: Float32Array) {
  let [min, max, num, sum, sumSquares] = [Infinity, -Infinity, 0, 0, 0];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    if (value < min) min = value;
    if (value > max) max = value;
    num++;
    sum += value;
    sumSquares += value * value;
  }
  return { min, max, num, sum, sumSquares };
}
