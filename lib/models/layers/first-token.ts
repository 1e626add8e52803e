import * as tf from '@tensorflow/tfjs';
import { dims } from '../../core/dims';
import type { DeclaresFacts } from '../../core/facts';
import { CARRIER } from '../../core/scaling-facts';
import { only } from './inputs';

class FirstToken extends tf.layers.Layer implements DeclaresFacts {
  static readonly className = 'WhittleFirstToken';
  readonly facts = { readsFirstToken: true, passes: 'values', scaling: CARRIER } as const;

  override computeOutputShape(inputShape: tf.Shape): tf.Shape {
    return [inputShape[0]!, inputShape[2]!];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const x = only(inputs);
    const [batch, , width] = dims(x, 3);
    return tf.tidy(() => x.slice([0, 0, 0], [batch, 1, width]).reshape([batch, width]));
  }
}
tf.serialization.registerClass(FirstToken);

/** The first token of each example, `[CLS]` in BERT: [batch, time, width] → [batch, width]. */
export function firstToken(options: { readonly name?: string } = {}): tf.layers.Layer {
  return new FirstToken(options);
}
