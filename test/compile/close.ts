import * as tf from '@tensorflow/tfjs';
import { jit, JitOptions } from '../../lib/compile/jit';

type Result = tf.Tensor | tf.Tensor[] | Record<string, tf.Tensor>;

/** A compiled function's results equal those of the function itself. */
export async function expectSameAsEager(
  fn: (...xs: tf.Tensor[]) => Result,
  xs: readonly tf.Tensor[],
  options: JitOptions = {},
): Promise<void> {
  const compiled = jit(fn, options);
  const actual = (await compiled(...xs)) as Result;
  const expected = tf.tidy(() => fn(...xs));
  const [names, others] = [Object.keys(entries(expected)), Object.keys(entries(actual))];
  expect(others).toEqual(names);
  names.forEach((name) => expectClose(entries(actual)[name]!, entries(expected)[name]!));
  tf.dispose([actual, expected]);
  await compiled.dispose();
}

const entries = (result: Result): Record<string, tf.Tensor> =>
  Object.fromEntries(result instanceof tf.Tensor ? [['result', result]] : Object.entries(result));

/** Equal dtype, shape, NaN and infinities; everything else within `tolerance` times the largest absolute value. */
export function expectClose(actual: tf.Tensor, expected: tf.Tensor, tolerance = 1e-5): void {
  expect({ dtype: actual.dtype, shape: actual.shape }).toEqual({
    dtype: expected.dtype,
    shape: expected.shape,
  });
  const [a, e] = [actual, expected].map((tensor) => Array.from(tensor.dataSync())) as [number[], number[]];
  const scale = e.reduce((max, y) => (Number.isFinite(y) ? Math.max(max, Math.abs(y)) : max), 0);
  const wrong = e.findIndex((y, i) => !same(a[i]!, y, tolerance * scale));
  if (wrong >= 0) {
    throw new Error(`Element ${wrong}: ${a[wrong]} instead of ${e[wrong]}\n[${a}]\n[${e}]`);
  }
}

function same(a: number, e: number, tolerance: number): boolean {
  if (!Number.isFinite(e)) return Object.is(a, e);
  return Math.abs(a - e) <= tolerance;
}
