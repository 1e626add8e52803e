import * as tf from '@tensorflow/tfjs';
import type { Trainable } from '../core/attach';
import { UserError } from '../core/errors';
import { hostOf } from '../core/host-tensor';
import type { WeightValues } from './encoded-weight';
import { blockCounts } from './granularity';
import { layoutOf } from './layout';
import { isPlain } from './matrix-form';
import { ofBlocks, repeated } from './qparams';
import { quantizeDequantize } from './quantize';
import { codeRange, describeSpec, QuantSpec, WeightSpec } from './spec';

/** The least step: what a step of 0 counts as. Small enough to divide by, and so small that no weight is meant by it. */
const LEAST_STEP = 2 ** -100;

/**
 * First step sizes of a weight, one for each block in the shape of the blocks: `2 · mean|w| / √Q`, as Esser et al. (2020) begin, but no
 * wider than the block reaches, `max|w| / Q`, where Q is the highest code. From 6 bits on the formula would leave most codes unused, and a
 * fine-tuning would be over before they are. 1 where all is 0.
 */
export function firstSteps({ data, shape }: WeightValues, spec: QuantSpec): tf.Tensor {
  const { rows, columns, blocks, firstOf, stepOf } = layoutOf(shape, spec.granularity);
  const [sums, numbers] = [new Float64Array(blocks), new Float64Array(blocks)];
  const largest = new Float32Array(blocks);
  for (let row = 0, i = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, i++) {
      const block = firstOf[row]! + stepOf[column]!;
      const size = Math.abs(data[i]!);
      sums[block]! += size;
      numbers[block]!++;
      largest[block] = Math.max(largest[block]!, size);
    }
  }
  const [, highest] = codeRange(spec);
  const steps = largest.map((most, block) => {
    const mean = sums[block]! / numbers[block]!;
    return Math.min((2 * mean) / Math.sqrt(highest), most / highest) || 1;
  });
  return tf.tensor(steps, countsOf(shape, spec));
}

function countsOf(shape: readonly number[], { granularity }: QuantSpec): number[] {
  const block = granularity.block(shape);
  const isOne = block.every((size, axis) => size === shape[axis]);
  return isOne ? [] : blockCounts(shape, block);
}

export interface LearnedStepsOptions {
  /** Of the weight, for error messages. */
  readonly path: string;
  /** How the weight is stored: integers, symmetric, by range. */
  readonly spec: WeightSpec;
  /** The weight as it is: what the first steps are found from. */
  readonly values: () => WeightValues;
  /**
   * What the learning rate is multiplied by, at least 0. Default 1/√Q, Q the highest code: Adam's updates are of one size whatever the
   * gradient's, so that not LSQ's g but this keeps a step, relative to its size, at the pace of its weights.
   */
  readonly rateFactor?: number;
}

/** Step sizes of a weight that are trained with it. */
export interface LearnedSteps {
  /** The weight as it will be stored, with a gradient for it and the steps. @param stored computes it; from the weight by default. */
  quantize(weight: tf.Tensor, stored?: () => tf.Tensor): tf.Tensor;
  /** The step sizes as they are, one of each block. */
  sizes(): Float32Array;
  /** Begins anew with the weight as it is: a delayed start. */
  start(): void;
  /** The steps, for the optimizer: one of each block, [blocks]. */
  trainables(): Readonly<Record<'step', Trainable>>;
  /** Frees the steps. */
  dispose(): void;
}

/**
 * Step sizes that are trained with a weight: LSQ (Esser et al., 2020, arXiv:1902.08153). `firstSteps` is where they begin,
 * `quantizeBySteps` has the gradients.
 *
 * @throws UserError for a spec that has no steps to learn.
 */
export function learnedSteps({ path, spec, values, rateFactor }: LearnedStepsOptions): LearnedSteps {
  if (!isPlain(spec)) throw noSteps(path, spec);
  const step = tf.tidy(() => tf.variable(firstSteps(values(), spec)));
  const [, highest] = codeRange(spec);
  const trainable = { variable: step, rateFactor: rateFactor ?? 1 / Math.sqrt(highest) };
  return {
    quantize: (weight, stored) =>
      quantizeBySteps(weight, step, spec, (w, scale) =>
        stored ? stored() : quantizeDequantize(w, { scale, zeroPoint: tf.scalar(0) }, spec),
      ),
    sizes: () => stepSizes(hostOf(step).data as Float32Array),
    start: () => tf.tidy(() => step.assign(firstSteps(values(), spec))),
    trainables: () => ({ step: trainable }),
    dispose: () => step.dispose(),
  };
}

function noSteps(path: string, spec: WeightSpec): UserError {
  return new UserError(
    `Expected symmetric, narrow integer codes such as int8() or int4() to learn step sizes of "${path}" with, got ${describeSpec(spec)}; ` +
      "take one, or leave range: 'learned' out.",
  );
}

/** What trained steps count as: their size, for training may take one below 0. */
export function stepSizes(steps: Float32Array): Float32Array {
  return steps.map((step) => Math.max(Math.abs(step), LEAST_STEP));
}

/**
 * A weight quantized with step sizes that are learned (LSQ; Esser et al., 2020, arXiv:1902.08153), for symmetric codes in [−Q, Q]:
 *
 *     ŵ = s · clip(round(w / s), −Q, Q)
 *     dL/dw = dL/dŵ where |w| < Q s, else 0
 *     dL/ds = g · Σ dL/dŵ · (round(w/s) − w/s where |w| < Q s, else ±Q),   g = 1 / √(N Q)
 *
 * over the N weights of the step's block, in the paper those of the layer. A step below 0 is taken by its size.
 *
 * @param steps in the shape of `firstSteps`.
 * @param quantized computes ŵ; nothing of it is differentiated.
 */
export function quantizeBySteps(
  weight: tf.Tensor,
  steps: tf.Tensor,
  spec: QuantSpec,
  quantized: (weight: tf.Tensor, sizes: tf.Tensor) => tf.Tensor,
): tf.Tensor {
  const [, highest] = codeRange(spec);
  const operation = tf.customGrad((...args) => {
    const [w, s, save] = args as [tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    const sizes = repeated(s.abs().maximum(LEAST_STEP), w.shape, spec.granularity);
    const value = quantized(w, sizes);
    save([w, s, sizes, value]);
    return {
      value,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => gradients(dy, saved as Saved, spec, highest),
    };
  });
  return operation(weight, steps);
}

type Saved = [w: tf.Tensor, s: tf.Tensor, sizes: tf.Tensor, value: tf.Tensor];

function gradients(
  dy: tf.Tensor,
  [w, s, sizes, value]: Saved,
  spec: QuantSpec,
  highest: number,
): tf.Tensor[] {
  const isWithin = w.abs().less(sizes.mul(highest)).cast('float32');
  const rounding = value.sub(w.mul(isWithin)); // of what is clipped, all of ŵ
  const sums = ofBlocks(dy.mul(rounding), spec.granularity, (parts, axes) => parts.sum(axes));
  const scale = 1 / Math.sqrt((w.size / s.size) * highest);
  const direction = s.step(0).mul(2).sub(1); // −1 below 0, where a growing step is a shrinking size
  return [dy.mul(isWithin), sums.div(s.abs().maximum(LEAST_STEP)).mul(direction).mul(scale)];
}
