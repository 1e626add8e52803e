import * as tf from '@tensorflow/tfjs';
import type { DeclaresFacts } from '../../core/facts';
import { CARRIER } from '../../core/scaling-facts';

class FirstInput extends tf.layers.Layer implements DeclaresFacts {
  static readonly className = 'WhittleFirstInput';
  readonly facts = { passes: 'values', scaling: CARRIER } as const;

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    return (inputShape as tf.Shape[])[0]!;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return (inputs as tf.Tensor[])[0]!;
  }
}
tf.serialization.registerClass(FirstInput);

/** Gives its first input, whatever the others are: so a model keeps an input that it has no use for. */
export function firstInput(options: { readonly name?: string } = {}): tf.layers.Layer {
  return new FirstInput(options);
}
