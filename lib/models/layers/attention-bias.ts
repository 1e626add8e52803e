import * as tf from '@tensorflow/tfjs';
import { dims } from '../../core/dims';
import type { DeclaresFacts } from '../../core/facts';
import { only } from './inputs';

/** Far below any score, and yet a masked row of only masked keys still sums to 1. */
const MASKED = -1e9;

class AttentionBias extends tf.layers.Layer implements DeclaresFacts {
  static readonly className = 'WhittleAttentionBias';
  readonly facts = {};

  override computeOutputShape(inputShape: tf.Shape): tf.Shape {
    return [inputShape[0]!, 1, 1, inputShape[1]!];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const mask = only(inputs);
    const [batch, time] = dims(mask, 2);
    return tf.tidy(() => tf.scalar(1).sub(mask.cast('float32')).mul(MASKED).reshape([batch, 1, 1, time]));
  }
}
tf.serialization.registerClass(AttentionBias);

/**
 * Makes of an attention mask [batch, time] (1 = a token, 0 = padding) what attention adds to its scores, [batch, 1, 1, time]: 0,
 * or so far below that the softmax gives exactly 0. Made once for all layers of a model.
 */
export function attentionBias(options: { readonly name?: string } = {}): tf.layers.Layer {
  return new AttentionBias(options);
}
