import * as tf from '@tensorflow/tfjs';
import { hostOf } from './host-tensor';

/** Where the values of a tensor come from, so that they can be read outside of a program: a variable, or what a transform makes of it. */
export interface ValueSource {
  readonly variable: tf.Variable;
  /** The values as they are now. Not to be written. */
  read(): Float32Array;
}

const made = new WeakMap<tf.Tensor, ValueSource>();
const plain = new WeakMap<tf.Variable, ValueSource>();

/** Notes where a tensor's values come from; returns the tensor. */
export function withSource<T extends tf.Tensor>(tensor: T, source: ValueSource): T {
  made.set(tensor, source);
  return tensor;
}

/** Where a tensor's values come from, the same object each time; undefined of one that is computed in some other way. */
export function sourceOf(tensor: tf.Tensor): ValueSource | undefined {
  if (!(tensor instanceof tf.Variable)) return made.get(tensor);
  const known = plain.get(tensor) ?? {
    variable: tensor,
    // On the cpu backend the variable's memory, not a copy; asked anew, since `assign` swaps it.
    read: () => hostOf(tensor).data as Float32Array,
  };
  plain.set(tensor, known);
  return known;
}
