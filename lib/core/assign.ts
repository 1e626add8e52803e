import * as tf from '@tensorflow/tfjs';

/** Gives a variable other values. On the cpu backend the array becomes its memory: leave it alone as long as the variable has it. */
export function assign(variable: tf.Variable, values: tf.TypedArray): void {
  tf.tidy(() => variable.assign(tf.tensor(values, variable.shape, variable.dtype)));
}
