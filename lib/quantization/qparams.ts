import * as tf from '@tensorflow/tfjs';
import { codeRange, Granularity, QuantSpec } from './spec';

/** How codes map to numbers: `x = scale · (code - zeroPoint)`. float32 tensors that broadcast to x. */
export type QParams = {
  /** Step size, above 0. */
  readonly scale: tf.Tensor;
  /** The code of 0: a whole number within the code range, so that 0 is represented exactly. */
  readonly zeroPoint: tf.Tensor;
};

/** Lowest and highest value of a tensor, or of each part of it that shares a range. */
export type Range = {
  readonly lo: tf.Tensor;
  readonly hi: tf.Tensor;
};

/** The least scale of an affine range, as in torch: the distance from 1 to the next float32. */
const LEAST_SCALE = 2 ** -23;

/** The range of `x`, with the shape that broadcasts to it: [4, 3] → [1, 3] for `perAxis(1)`, [] for `perTensor()`. */
export function rangeOf(x: tf.Tensor, granularity: Granularity): Range {
  const axes = granularity.sharedAxes(x.rank);
  const keepDims = axes.length < x.rank;
  return tf.tidy(() => ({ lo: x.min(axes, keepDims), hi: x.max(axes, keepDims) }));
}

/**
 * Scale and zero point for a range, which is first widened to contain 0. The caller owns them.
 *
 * Affine: `scale = max((hi - lo) / (highest - lowest), 2^-23)`, `zeroPoint = lowest - round(lo / scale)`, clipped to the codes.
 * Symmetric: `scale = max(|lo|, |hi|) / ((highest - lowest) / 2)`, 1 where the range is only 0; the zero point is fixed.
 *
 * These are torch's rules, except for the least scale of symmetric ranges, which would round tiny weights to 0.
 */
export function qparamsOf({ lo, hi }: Range, spec: QuantSpec): QParams {
  return tf.tidy(() => (spec.symmetric ? symmetric(lo, hi, spec) : affine(lo, hi, spec)));
}

function affine(lo: tf.Tensor, hi: tf.Tensor, spec: QuantSpec) {
  const [lowest, highest] = codeRange(spec);
  const below = tf.minimum(lo, 0);
  const scale = tf.maximum(
    tf
      .maximum(hi, 0)
      .sub(below)
      .div(highest - lowest),
    LEAST_SCALE,
  );
  const zeroPoint = tf.scalar(lowest).sub(below.div(scale).round());
  return { scale, zeroPoint: zeroPoint.clipByValue(lowest, highest) };
}

function symmetric(lo: tf.Tensor, hi: tf.Tensor, spec: QuantSpec) {
  const [lowest, highest] = codeRange(spec);
  const step = tf.maximum(lo.abs(), hi.abs()).div((highest - lowest) / 2);
  const scale = tf.where(step.equal(0), tf.onesLike(step), step);
  return { scale, zeroPoint: tf.scalar(spec.signed ? 0 : 2 ** (spec.bits - 1)) };
}
