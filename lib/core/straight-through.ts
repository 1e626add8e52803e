import * as tf from '@tensorflow/tfjs';

/**
 * `forward(x)` with the gradient of the identity: dL/dx = dL/dy. The straight-through estimator (Bengio et al., 2013,
 * arXiv:1308.3432) where nothing is clipped, as with a symmetric range taken from the value itself.
 */
export function straightThrough(x: tf.Tensor, forward: (x: tf.Tensor) => tf.Tensor): tf.Tensor {
  return tf.customGrad((value) => ({
    value: forward(value as tf.Tensor),
    gradFunc: (dy: tf.Tensor) => dy.clone(),
  }))(x);
}
