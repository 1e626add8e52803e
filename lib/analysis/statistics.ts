import * as tf from '@tensorflow/tfjs';

/**
 * Something to know of many rows, each a vector over the last axis: a function of some rows, and how two of its values make that
 * of all of them. So it does not matter how the rows come in batches.
 *
 * @example const sumOfSquares: Statistic = { of: (x, counts) => x.square().mul(counts).sum(0), join: 'sum' };
 */
export interface Statistic {
  /**
   * Of some rows, in tfjs ops, as numbers of float32; its shape does not depend on how many rows there are.
   *
   * @param x [rows, width].
   * @param counts [rows, 1]: 1, or 0 for a row that is not to count, such as padding.
   */
  of(x: tf.Tensor2D, counts: tf.Tensor2D): tf.Tensor;
  /** How the values of two sets of rows make that of both, number by number. */
  readonly join: Join;
}

/** `sum` in double precision; `max` and `min` number by number. */
export type Join = 'sum' | 'max' | 'min';

/** `Σ x`, [width]. */
export const sum: Statistic = { of: (x, counts) => x.mul(counts).sum(0), join: 'sum' };

/** `Σ x xᵀ`, the Gram matrix [width, width]. */
export const gram: Statistic = { of: (x, counts) => tf.matMul(x.mul(counts), x, true, false), join: 'sum' };

/** `max |x|` of each channel, [width]. */
export const maxAbs: Statistic = { of: (x, counts) => x.mul(counts).abs().max(0), join: 'max' };

/** How many rows count, []. */
export const count: Statistic = { of: (_, counts) => counts.sum(), join: 'sum' };

/** Joins two values in tfjs ops. */
export function joined(join: Join, a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  if (join === 'sum') return a.add(b);
  return join === 'max' ? a.maximum(b) : a.minimum(b);
}

/** Joins values into others, in double precision. */
export function joinInto(join: Join, total: Float64Array, values: ArrayLike<number>): void {
  const both = HOST[join];
  for (let i = 0; i < total.length; i++) total[i] = both(total[i]!, values[i]!);
}

const HOST: Readonly<Record<Join, (a: number, b: number) => number>> = {
  sum: (a, b) => a + b,
  max: Math.max,
  min: Math.min,
};

/** Rows that a sum in float32 takes at once: its error grows with their number. */
const MOST_ROWS = 1024;

/** A statistic of any number of rows: halves are joined, so that rounding grows with the logarithm of the number of rows. */
export function ofRows(statistic: Statistic, x: tf.Tensor2D, counts: tf.Tensor2D): tf.Tensor {
  const [rows, width] = x.shape;
  if (rows <= MOST_ROWS) return statistic.of(x, counts);
  const half = Math.ceil(rows / 2);
  const part = (from: number, size: number) =>
    ofRows(statistic, x.slice([from, 0], [size, width]), counts.slice([from, 0], [size, 1]));
  return joined(statistic.join, part(0, half), part(half, rows - half));
}
