import * as tf from '@tensorflow/tfjs';
import { fakeQuantize, FakeQuantizeOptions } from './fake-quantize';
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
 * and no g, as PACT. Zeros are not clipped by an end at 0, and rounding does not move it: after a ReLU there is one end to learn.
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
  const [lo, hi] = codeRange(spec).map((code) => tf.scalar(code).sub(zeroPoint).mul(scale)) as [
    tf.Tensor,
    tf.Tensor,
  ];
  const clipped = x.maximum(lo).minimum(hi);
  const factor = by === 'step' ? gradientScale(x, spec) : 1;
  const sum = (mask: tf.Tensor) => dy.mul(mask.cast('float32')).sum().mul(factor);
  return {
    dx: dy.mul(clipped.equal(x).cast('float32')),
    above: sum(x.greaterEqual(hi).logicalAnd(x.greater(0))),
    below: sum(x.lessEqual(lo).logicalAnd(x.less(0))),
    // Of what is clipped both are the end itself: 0.
    rounding: by === 'step' ? dy.mul(y.sub(clipped)).sum().div(scale).mul(factor) : tf.scalar(0),
  };
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
