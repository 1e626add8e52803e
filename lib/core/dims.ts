import type * as tf from '@tensorflow/tfjs';

type Tuple<N extends number, T extends number[] = []> = T['length'] extends N ? T : Tuple<N, [...T, number]>;

/**
 * The sizes of a tensor of known rank, as a tuple: `const [batch, time, width] = dims(x, 3)`.
 *
 * @throws if the tensor has another rank.
 */
export function dims<N extends number>(x: Pick<tf.Tensor, 'shape'>, rank: N): Tuple<N> {
  if (x.shape.length !== rank) {
    throw new Error(`Expected a tensor of rank ${rank}, got shape [${x.shape.join(', ')}].`);
  }
  return [...x.shape] as Tuple<N>;
}
