import * as tf from '@tensorflow/tfjs';
import { jit } from '../../compile/jit';
import { UserError } from '../../core/errors';
import { codesOf, zeroPointsOf } from '../decode';
import { encode } from '../encode';
import type { EncodedWeight, WeightValues } from '../encoded-weight';
import { encodeCodes } from '../encode-codes';
import { blocksOf, layoutOf } from '../layout';
import { codeRange, QuantSpec } from '../spec';

export interface AdaRoundCodesOptions {
  /** Steps of Adam. Default 1000. */
  readonly iterations?: number;
  /** Default 0.01. */
  readonly learningRate?: number;
  /**
   * λ, what a weight halfway between two codes costs, in units of what it does to the output to be a whole step off. Default 3. (The
   * paper's 0.01 is in the units of its layers' outputs.)
   */
  readonly regularization?: number;
  /** Share of the steps without that cost, in [0, 1). Default 0.2. */
  readonly warmUp?: number;
}

/** How far h reaches beyond 0 and 1 before it is clipped (ζ - 1 and -γ): it gets there, rather than near. */
const STRETCH = 0.1;

/** What β falls from and to, by half a cosine, after the warm-up. */
const BETA = { from: 20, to: 2 } as const;

const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;

/**
 * Codes of a matrix by **AdaRound** (Nagel et al., 2020, arXiv:2004.10568): each weight goes to the code below or above it, whichever is
 * better for the layer's output with all the others, found by gradient descent on V,
 *
 * `min tr(Dᵀ H D) / c + λ Σ (1 - |2 h(V) - 1|^β)`, `D = s · (⌊W / s⌋ + h(V)) - W`, `h(V) = clip(1.2 σ(V) - 0.1, 0, 1)`,
 *
 * where `c`, the mean of `s² H_ii`, makes λ mean the same for every layer. h starts at the fraction that flooring takes off, and in the
 * end `h ≥ ½` is the code above. The scales are those of `encode`; a weight that is 0 stays 0.
 *
 * @param weight [inputs, units].
 * @param gram `Σ x xᵀ` of the inputs, [inputs, inputs]; any multiple of it gives the same codes but for rounding.
 * @throws UserError for numbers that are not finite, and options that are out of range.
 */
export async function adaRoundCodes(
  weight: WeightValues,
  gram: Float64Array,
  spec: QuantSpec,
  options: AdaRoundCodesOptions = {},
): Promise<EncodedWeight> {
  const settings = checked(options);
  const nearest = encode(weight, spec);
  const start = startOf(weight, nearest);
  const raised = await descend(start, weight, gram, settings);
  const codes = start.base.map(
    (base, i) => base + start.zeros[i]! + (start.free[i]! * raised[i]! >= 0.5 ? 1 : 0),
  );
  return encodeCodes(weight.shape, spec, { codes, scales: nearest.scales, zeroPoints: nearest.zeroPoints });
}

type Settings = Required<AdaRoundCodesOptions>;

function checked({
  iterations = 1000,
  learningRate = 0.01,
  regularization = 3,
  warmUp = 0.2,
}: AdaRoundCodesOptions): Settings {
  const isRight =
    Number.isInteger(iterations) &&
    iterations > 0 &&
    learningRate > 0 &&
    regularization >= 0 &&
    warmUp >= 0 &&
    warmUp < 1;
  if (isRight) return { iterations, learningRate, regularization, warmUp };
  throw new UserError(
    'Expected a whole number of iterations and a learningRate above 0, a regularization from 0 and a warmUp in [0, 1) for AdaRound, ' +
      `got ${iterations}, ${learningRate}, ${regularization} and ${warmUp}.`,
  );
}

/** What is known of each weight before the search. */
interface Start {
  /** The code below, or, where there is no choice, the nearest; less the zero point. */
  readonly base: Float32Array;
  /** 1 where the code above is a choice. */
  readonly free: Float32Array;
  /** What flooring takes off, in steps. */
  readonly fraction: Float32Array;
  readonly steps: Float32Array;
  readonly zeros: Int16Array;
}

function startOf({ shape, data }: WeightValues, nearest: EncodedWeight<QuantSpec>): Start {
  const empty = (): Float32Array => new Float32Array(data.length);
  const layout = layoutOf(shape, nearest.spec.granularity);
  const zeros = zeroPointsOf(nearest, layout.blocks);
  const start = {
    base: empty(),
    free: empty(),
    fraction: empty(),
    steps: empty(),
    zeros: new Int16Array(data.length),
  };
  const [lowest, highest] = codeRange(nearest.spec);
  const codes = codesOf(nearest);
  blocksOf(layout).forEach((block, i) => {
    const [step, zero] = [nearest.scales[block]!, zeros[block]!];
    const below = Math.floor(data[i]! / step);
    const isFree = data[i] !== 0 && below + zero >= lowest && below + zero < highest;
    start.base[i] = isFree ? below : codes[i]! - zero;
    start.free[i] = Number(isFree);
    start.fraction[i] = isFree ? data[i]! / step - below : 0;
    start.steps[i] = step;
    start.zeros[i] = zero;
  });
  return start;
}

/** h(V) after the descent. */
async function descend(
  { base, free, fraction, steps }: Start,
  { shape, data }: WeightValues,
  gram: Float64Array,
  { iterations, learningRate, regularization, warmUp }: Settings,
): Promise<Float32Array> {
  const [inputs] = shape as [number, number];
  const matrix = (values: Float32Array): tf.Variable => tf.variable(tf.tensor(values, [...shape]), false);
  const cost = costOfSteps(gram, steps, inputs);
  const held = {
    gram: tf.variable(
      tf.tensor(
        Float32Array.from(gram, (value) => value / cost),
        [inputs, inputs],
      ),
      false,
    ),
    // h of what flooring took off is what it took off.
    v: matrix(fraction.map((part) => Math.log((part + STRETCH) / (1 + STRETCH - part)))),
    offset: matrix(base.map((code, i) => steps[i]! * code - data[i]!)),
    slope: matrix(steps.map((step, i) => step * free[i]!)),
    free: matrix(free),
    mean: matrix(new Float32Array(data.length)),
    square: matrix(new Float32Array(data.length)),
  };
  const step = jit((beta: tf.Tensor, lambda: tf.Tensor, rate: tf.Tensor) =>
    descent(held, beta, lambda, rate),
  );
  try {
    for (let t = 1; t <= iterations; t++) {
      const progress = t / iterations;
      const lambda = progress <= warmUp ? 0 : regularization;
      const args = [betaAt((progress - warmUp) / (1 - warmUp)), lambda, learningRate * correction(t)].map(
        (value) => tf.scalar(value),
      );
      tf.dispose([...args, await step(...(args as [tf.Scalar, tf.Scalar, tf.Scalar]))]);
    }
    return tf.tidy(() => rectified(held.v).h.dataSync().slice() as Float32Array);
  } finally {
    tf.dispose(held);
    await step.dispose();
  }
}

/** The mean over the weights of `s² H_ii`. */
function costOfSteps(gram: Float64Array, steps: Float32Array, inputs: number): number {
  const units = steps.length / inputs;
  return (
    steps.reduce((sum, step, at) => sum + step ** 2 * gram[Math.floor(at / units) * (inputs + 1)]!, 0) /
    steps.length
  );
}

function betaAt(progress: number): number {
  return BETA.to + ((BETA.from - BETA.to) * (1 + Math.cos(Math.PI * Math.max(progress, 0)))) / 2;
}

/** What Adam corrects its moving averages by, at step t from 1. */
function correction(t: number): number {
  return Math.sqrt(1 - ADAM.beta2 ** t) / (1 - ADAM.beta1 ** t);
}

interface Held {
  readonly gram: tf.Variable;
  readonly v: tf.Variable;
  /** D where h is 0. */
  readonly offset: tf.Variable;
  /** What D grows by with h. */
  readonly slope: tf.Variable;
  readonly free: tf.Variable;
  readonly mean: tf.Variable;
  readonly square: tf.Variable;
}

function rectified(v: tf.Tensor): { h: tf.Tensor; derivative: tf.Tensor } {
  const sigmoid = v.sigmoid();
  const stretched = sigmoid.mul(1 + 2 * STRETCH).sub(STRETCH);
  const h = stretched.clipByValue(0, 1);
  const inside = stretched.equal(h).toFloat();
  return {
    h,
    derivative: sigmoid
      .sub(sigmoid.square())
      .mul(1 + 2 * STRETCH)
      .mul(inside),
  };
}

/** One step of Adam on V. @returns a number, since a program gives one. */
function descent(
  { gram, v, offset, slope, free, mean, square }: Held,
  beta: tf.Tensor,
  lambda: tf.Tensor,
  rate: tf.Tensor,
): tf.Tensor {
  const { h, derivative } = rectified(v);
  const ofOutput = tf
    .matMul(gram as tf.Tensor2D, h.mul(slope).add(offset) as tf.Tensor2D)
    .mul(slope)
    .mul(2);
  const side = h.mul(2).sub(1); // -1: below, 1: above
  const ofSides = side
    .sign()
    .mul(side.abs().pow(beta.sub(1)))
    .mul(beta)
    .mul(lambda)
    .mul(2);
  const gradient = ofOutput.sub(ofSides.mul(free)).mul(derivative);
  mean.assign(mean.mul(ADAM.beta1).add(gradient.mul(1 - ADAM.beta1)));
  square.assign(square.mul(ADAM.beta2).add(gradient.square().mul(1 - ADAM.beta2)));
  v.assign(v.sub(mean.mul(rate).div(square.sqrt().add(ADAM.epsilon))));
  return lambda.clone();
}
