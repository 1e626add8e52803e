import * as tf from '@tensorflow/tfjs';

/** Numbers that are not special, the same in every run. */
export function numbers(shape: number[], seed: number, scale = 1): tf.Tensor {
  return tf.tidy(() => tf.randomNormal(shape, 0, scale, 'float32', seed));
}

/** Fails unless two tensors have one shape and differ by at most `tolerance` times the largest of the expected values. */
export function expectClose(actual: tf.Tensor, expected: tf.Tensor, tolerance = 1e-5): void {
  expect(actual.shape).toEqual(expected.shape);
  const [difference, largest] = tf.tidy(() => [
    actual.sub(expected).abs().max().dataSync()[0]!,
    expected.abs().max().dataSync()[0]!,
  ]);
  expect(difference).toBeLessThanOrEqual(tolerance * Math.max(largest, 1e-3));
}

type Op = (...inputs: tf.Tensor[]) => tf.Tensor;

/** Compares values and the gradients by every input with those of a formula that tfjs differentiates by itself. */
export function expectSameWithGradients(
  actual: Op,
  expected: Op,
  inputs: tf.Tensor[],
  tolerance = 1e-5,
): void {
  const y = expected(...inputs);
  expectClose(actual(...inputs), y, tolerance);
  const dy = numbers(y.shape, 99);
  const gradients = tf.grads(actual)(inputs, dy);
  tf.grads(expected)(inputs, dy).forEach((gradient, i) => expectClose(gradients[i]!, gradient, tolerance));
}
