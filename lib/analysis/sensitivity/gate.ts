import * as tf from '@tensorflow/tfjs';
import type { Transform } from '../../core/attach';

/** A transform that can be turned on and off without tracing anew, since a program reads a variable when it runs. */
export interface Gate extends Transform {
  set(isOpen: boolean): void;
}

/** `on · transform(x) + (1 − on) · x`, with `on` 0 or 1: exactly the one or the other. At first off. Frees itself alone. */
export function gate(transform: Transform): Gate {
  const on = tf.tidy(() => tf.variable(tf.scalar(0), false));
  return {
    revision: 'gate',
    apply: (x, pass) =>
      tf.tidy(() =>
        transform
          .apply(x, pass)
          .mul(on)
          .add(x.mul(tf.sub(1, on))),
      ),
    set: (isOpen) => tf.tidy(() => on.assign(tf.scalar(Number(isOpen)))),
    state: () => ({ on }),
    dispose: () => on.dispose(),
  };
}
