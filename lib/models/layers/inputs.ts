import type * as tf from '@tensorflow/tfjs';

/** The tensor of a layer with one input, which tfjs passes bare or in an array. */
export function only(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
  return several(inputs, 1)[0]!;
}

/**
 * The tensors of a layer with `count` inputs.
 *
 * @throws if the layer was applied to another number of them.
 */
export function several(inputs: tf.Tensor | tf.Tensor[], count: number): tf.Tensor[] {
  const tensors = Array.isArray(inputs) ? inputs : [inputs];
  if (tensors.length !== count) throw new Error(`Expected ${count} input tensor(s), got ${tensors.length}.`);
  return tensors;
}
