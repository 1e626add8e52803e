import * as tf from '@tensorflow/tfjs';

/** Keeps tensors of the forward pass for the backward pass. */
type Save = (...tensors: tf.Tensor[]) => void;

/**
 * An operation with a gradient of its own (`tf.customGrad`, typed).
 *
 * @param inputs what the gradient is taken by.
 * @param forward computes the output, which must not be one of the inputs (tfjs would lose gradient), and saves what the
 *   backward pass needs.
 * @param backward from dL/d(output) and what was saved, in order, to dL/d(input) for each input.
 */
export function withGradient(
  inputs: readonly tf.Tensor[],
  forward: (save: Save) => tf.Tensor,
  backward: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.Tensor[],
): tf.Tensor {
  const operation = tf.customGrad((...args) => {
    const save = args.at(-1) as tf.GradSaveFunc;
    const value = forward((...tensors) => save(tensors));
    return { value, gradFunc: backward };
  });
  return operation(...inputs);
}
