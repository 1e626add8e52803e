import * as tf from '@tensorflow/tfjs';
import type { DeclaresFacts } from '../../core/facts';
import { only } from './inputs';

class LoneBias extends tf.layers.Layer implements DeclaresFacts {
  static readonly className = 'WhittleLoneBias';
  readonly facts = { weights: { bias: { role: 'bias' } }, tokenWise: 1 } as const;
  private bias!: tf.LayerVariable;

  override build(inputShape: tf.Shape): void {
    this.bias = this.addWeight('bias', [inputShape.at(-1)!], 'float32', tf.initializers.zeros());
    super.build(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => tf.zerosLike(only(inputs)).add(this.bias.read()));
  }
}
tf.serialization.registerClass(LoneBias);

/**
 * What is left of a dense layer as wide as its input that has lost everything it reads: its bias, for every token,
 * [..., width] → [..., width]. Weight `bias` [width].
 */
export function loneBias(options: { readonly name: string }): tf.layers.Layer {
  return new LoneBias(options);
}
