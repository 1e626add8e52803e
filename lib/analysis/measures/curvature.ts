import type * as tf from '@tensorflow/tfjs';
import { assign } from '../../core/assign';
import type { GradientOptions, LabelledBatch } from './gradients';
import type { Subject } from './measure';

/** Random signs v in one weight, and how far along them it is moved to see what changes. */
export interface Direction {
  readonly variable: tf.Variable;
  /** Of the weight where it is. */
  readonly values: Float32Array;
  readonly signs: Int8Array;
  readonly epsilon: number;
}

/** A symmetric matrix C of the weights that says how the loss is bent. */
export interface Curvature {
  /** `vᵀ C v` on a batch, in the subject's weight of this index; the weight is then as it was. */
  along(batch: LabelledBatch, weight: number, direction: Direction): Promise<number>;
  dispose(): Promise<void>;
}

export type CurvatureOf = (subject: Subject, loss: GradientOptions['loss']) => Curvature;

/** The derivative along a direction of some numbers that depend on the weight, by their central difference. */
export async function derivativeAlong(
  { variable, values, signs, epsilon }: Direction,
  numbers: () => Promise<Float32Array>,
): Promise<Float64Array> {
  const at = async (side: 1 | -1) => {
    assign(
      variable,
      values.map((value, i) => value + side * epsilon * signs[i]!),
    );
    return (await numbers()).slice();
  };
  try {
    const [ahead, behind] = [await at(1), await at(-1)];
    return Float64Array.from(ahead, (value, i) => (value - behind[i]!) / (2 * epsilon));
  } finally {
    assign(variable, values);
  }
}

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i]! * b[i]!;
  return total;
}
