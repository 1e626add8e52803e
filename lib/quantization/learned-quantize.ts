import * as tf from '@tensorflow/tfjs';
import { clipRange, fakeQuantize, FakeQuantizeOptions, inside } from './fake-quantize';
import type { QParams } from './qparams';
import { codeRange, fixedZeroPoint, QuantSpec } from './spec';

/** What a range learns from: `step`, also from the rounding of what is inside of it (LSQ); `clip`, from what it clips alone (PACT). */
export type Clipping = 'step' | 'clip';

export interface QuantizeInRangeOptions extends FakeQuantizeOptions {
  /** Per tensor. */
  readonly spec: QuantSpec;
  readonly by: Clipping;
}

/** The variables of a range, `[low, high]` in steps or, of a symmetric spec, `[step]`, and what they stand for. */
export interface LearnedEdges {
  readonly variables: readonly tf.Variable[];
  qparams(): QParams;
}

/**
 * `fakeQuantize` with a gradient for the range. For n + 1 codes, the step s and r = round(x/s) − x/s inside of the range,
 *
 *     affine:     dL/dhigh = Σ dL/dy · (n where x ≥ hi, r inside),   dL/dlow = Σ dL/dy · (n where x ≤ lo, −r inside)
 *     symmetric:  dL/dstep = Σ dL/dy · (the outermost code where x is clipped, r inside)
 *
 * times g = 1 / √(N Q), with N the numbers of one example and Q the highest code (n for affine ones), as LSQ scales it; `clip` has no r
 * and no g, as PACT. A number at an end or beyond it moves the end, any other passes its gradient on: dL/dx = dL/dy for lo < x < hi, else 0.
 * Zeros are not clipped by an end at 0, and rounding does not move it: after a ReLU there is one end to learn.
 */
export function quantizeInRange(
  x: tf.Tensor,
  edges: LearnedEdges,
  { spec, by, integer }: QuantizeInRangeOptions,
): tf.Tensor {
  const operation = tf.customGrad((...args) => {
    const [value, save] = [args[0] as tf.Tensor, args.at(-1) as tf.GradSaveFunc];
    const { scale, zeroPoint } = edges.qparams();
    const y = fakeQuantize(value, { scale, zeroPoint }, spec, { integer });
    save([value, y, scale, zeroPoint, ...(args.slice(1, -1) as tf.Tensor[])]);
    return {
      value: y,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const sums = sumsOf(dy, saved, spec, by);
        const toEdges = spec.symmetric ? ofStep : ofEnds;
        return [sums.dx, ...toEdges(sums, saved.slice(4), spec)];
      },
    };
  });
  return operation(x, ...edges.variables);
}

/** Of dL/dy: over what is clipped at either end, and of what rounding did in between; with LSQ's factor, if it is one. */
interface Sums {
  readonly dx: tf.Tensor;
  readonly above: tf.Tensor;
  readonly below: tf.Tensor;
  readonly rounding: tf.Tensor;
}

function sumsOf(dy: tf.Tensor, saved: readonly tf.Tensor[], spec: QuantSpec, by: Clipping): Sums {
  const [x, y, scale, zeroPoint] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
  const { lo, hi } = clipRange({ scale, zeroPoint }, spec);
  const dx = dy.mul(inside(x, lo.mul(JUST_INSIDE), hi.mul(JUST_INSIDE)));
  const [outside, positive] = [dy.sub(dx), x.step()];
  const factor = by === 'step' ? gradientScale(x, spec) : 1;
  return {
    dx,
    above: dot(outside, positive).mul(factor),
    below: dot(outside, tf.sub(1, positive)).mul(factor),
    rounding: by === 'step' ? dot(dx, y.sub(x)).div(scale).mul(factor) : tf.scalar(0),
  };
}

/** What an end is multiplied by to be the next number towards 0: of 0, 0. */
const JUST_INSIDE = 1 - 2 ** -24;

/** Σ a · b, as products of rows: onnxruntime writes no product of the elements then, and uses its threads. */
function dot(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const rows = a.shape[0] || 1;
  const [left, right] = [a, b].map((x) => x.reshape([rows, 1, x.size / rows])) as [tf.Tensor, tf.Tensor];
  return tf.matMul(left, right, false, true).sum();
}

/** LSQ's g: without it a step, of which there is one for thousands of numbers, would outrun the weights. */
function gradientScale(x: tf.Tensor, spec: QuantSpec): number {
  const [lowest, highest] = codeRange(spec);
  const most = spec.symmetric ? highest - fixedZeroPoint(spec) : highest - lowest;
  return 1 / Math.sqrt((x.size / (x.shape[0] || 1)) * most || 1);
}

function ofEnds(
  { above, below, rounding }: Sums,
  [low, high]: readonly tf.Tensor[],
  spec: QuantSpec,
): tf.Tensor[] {
  const [lowest, highest] = codeRange(spec);
  return [
    below.mul(highest - lowest).sub(rounding.mul(low!.neg().step(0))),
    above.mul(highest - lowest).add(rounding.mul(high!.step(0))),
  ];
}

function ofStep(
  { above, below, rounding }: Sums,
  [step]: readonly tf.Tensor[],
  spec: QuantSpec,
): tf.Tensor[] {
  const [lowest, highest] = codeRange(spec).map((code) => code - fixedZeroPoint(spec)) as [number, number];
  const direction = step!.step(0).mul(2).sub(1); // −1 below 0, where a growing step is a shrinking size
  return [above.mul(highest).add(below.mul(lowest)).add(rounding).mul(direction)];
}
