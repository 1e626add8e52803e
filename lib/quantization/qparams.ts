import * as tf from '@tensorflow/tfjs';
import { blockCounts, Granularity } from './granularity';
import { codeRange, fixedZeroPoint, QuantSpec } from './spec';

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
export const LEAST_SCALE = 2 ** -23;

/**
 * The range of each block of `x`, one number along an axis that is one block: [4, 3] → [1, 3] for `perAxis(1)`, [2, 3] for
 * `perGroup(0, 2)`, [] for `perTensor()`. Where an axis is in groups, 0 may count as a value of the last one, which no range minds.
 */
export function rangeOf(x: tf.Tensor, granularity: Granularity): Range {
  return tf.tidy(() => ({
    lo: ofBlocks(x, granularity, (parts, axes) => parts.min(axes)),
    hi: ofBlocks(x, granularity, (parts, axes) => parts.max(axes)),
  }));
}

/** What a reduction makes of each block of `x`, in the shape that `rangeOf` has. A last group that is shorter is filled up with 0. */
export function ofBlocks(
  x: tf.Tensor,
  granularity: Granularity,
  reduce: (parts: tf.Tensor, axes: number[]) => tf.Tensor,
): tf.Tensor {
  const block = granularity.block(x.shape);
  const isOne = block.every((size, axis) => size === x.shape[axis]);
  const counts = isOne ? [] : blockCounts(x.shape, block);
  return tf.tidy(() => {
    const { parts, within } = inBlocks(x, block);
    return reduce(parts, within).reshape(counts);
  });
}

/** `x` with every axis of groups as two, [groups, size], filled up with 0, and the axes that run inside of blocks. */
function inBlocks(x: tf.Tensor, block: readonly number[]): { parts: tf.Tensor; within: number[] } {
  const shape: number[] = [];
  const within: number[] = [];
  const paddings = x.shape.map((length, axis): [number, number] => {
    const size = block[axis]!;
    const count = Math.ceil(length / size);
    const isGrouped = count > 1 && size > 1;
    if (count === 1 || isGrouped) within.push(shape.length + Number(isGrouped));
    shape.push(...(isGrouped ? [count, size] : [length]));
    return [0, isGrouped ? count * size - length : 0];
  });
  const isWhole = paddings.every(([, after]) => after === 0);
  return { parts: (isWhole ? x : x.pad(paddings)).reshape(shape), within };
}

/** Scales and zero points of blocks, repeated along axes of groups so that they broadcast to a tensor of the shape. */
export function perValue(qparams: QParams, shape: readonly number[], granularity: Granularity): QParams {
  const { scale, zeroPoint } = qparams;
  return tf.tidy(() => ({
    scale: repeated(scale, shape, granularity),
    zeroPoint: zeroPoint.rank === 0 ? zeroPoint : repeated(zeroPoint, shape, granularity),
  }));
}

/** A number of each block, repeated along axes of groups. */
export function repeated(x: tf.Tensor, shape: readonly number[], granularity: Granularity): tf.Tensor {
  const block = granularity.block(shape);
  const grouped = shape.flatMap((length, axis) => (block[axis]! > 1 && block[axis]! < length ? [axis] : []));
  return grouped.reduce((all, axis) => all.gather(groupsOf(shape[axis]!, block[axis]!), axis), x);
}

/** The group of each index of an axis. */
function groupsOf(length: number, size: number): tf.Tensor1D {
  return tf.tensor1d(
    Int32Array.from({ length }, (_, i) => Math.floor(i / size)),
    'int32',
  );
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
  return { scale, zeroPoint: tf.scalar(fixedZeroPoint(spec)) };
}
