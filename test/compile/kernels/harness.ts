import * as tf from '@tensorflow/tfjs';
import { jit } from '../../../lib/compile/jit';
import { expectClose } from '../close';

/** Makes one argument. */
export type Argument = () => tf.Tensor;

/** A tfjs kernel as a user reaches it, and arguments to try it with. */
export interface KernelCase {
  /** The tfjs kernel that `run` calls, forwards or in its gradient. */
  readonly kernel: string;
  /** What is special here, for the test's name. */
  readonly what?: string;
  readonly run: (...xs: tf.Tensor[]) => tf.Tensor | tf.Tensor[];
  readonly inputs: readonly (readonly Argument[])[];
  /** Whether to compare the gradients with respect to all float arguments as well. Default true. */
  readonly gradient?: boolean;
}

/** Random floats between two bounds, the same at every run. */
export const float =
  (shape: number[], low = -2, high = 2, seed = 7): Argument =>
  () =>
    tf.randomUniform(shape, low, high, 'float32', seed + shape.length);

/** Random whole numbers, low <= i < high. */
export const int =
  (shape: number[], low = -5, high = 6, seed = 11): Argument =>
  () =>
    tf.tidy(() => tf.randomUniform(shape, low, high, 'float32', seed).floor().toInt());

export const bool =
  (shape: number[], seed = 13): Argument =>
  () =>
    tf.tidy(() => tf.randomUniform(shape, 0, 1, 'float32', seed).greater(0.5));

/** These very values, as a vector. */
export const values =
  (numbers: number[], dtype: 'float32' | 'int32' | 'bool' = 'float32'): Argument =>
  () =>
    tf.tensor1d(numbers, dtype);

/** One argument of each shape, of different random numbers. */
export const floats = (...shapes: number[][]): Argument[] =>
  shapes.map((shape, i) => float(shape, -2, 2, 17 + 10 * i));

export const nameOf = ({ kernel, what = '' }: KernelCase): string => `${kernel} ${what}`.trim();

/** Compares value and gradients, compiled and eager (tfjs's cpu backend). */
export async function compare(kernelCase: KernelCase, inputs: readonly Argument[]): Promise<void> {
  const fn = withGradients(kernelCase);
  const compiled = jit(fn, { threads: 1 });
  tf.engine().startScope();
  const xs = inputs.map((make) => make());
  const expected = fn(...xs);
  const actual = await compiled(...xs);
  expect(actual.length).toBe(expected.length);
  expected.forEach((value, i) => expectClose(actual[i]!, value));
  tf.engine().endScope();
  await compiled.dispose();
}

/** The values of a case's function, then the gradients of a weighted sum of them. */
export function withGradients({ run, gradient = true }: KernelCase): (...xs: tf.Tensor[]) => tf.Tensor[] {
  return (...xs) => {
    const results = list(run(...xs));
    if (!gradient || !xs.some(isFloat)) return results;
    const loss = (...moving: tf.Tensor[]): tf.Scalar => {
      const rest = [...moving];
      const ys = list(run(...xs.map((x) => (isFloat(x) ? rest.shift()! : x)))).filter(isFloat);
      return ys.map((y) => y.mul(weightsLike(y)).sum()).reduce((a, b) => a.add(b)) as tf.Scalar;
    };
    return [...results, ...tf.grads(loss)(xs.filter(isFloat))];
  };
}

const list = (ys: tf.Tensor | tf.Tensor[]): tf.Tensor[] => (Array.isArray(ys) ? ys : [ys]);
const isFloat = (x: tf.Tensor): boolean => x.dtype === 'float32';

function weightsLike(y: tf.Tensor): tf.Tensor {
  return tf.tensor(
    Float32Array.from({ length: y.size }, (_, i) => Math.cos(3 * i) + 1.5),
    y.shape,
  );
}
