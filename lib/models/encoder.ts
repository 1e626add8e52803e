import * as tf from '@tensorflow/tfjs';
import { forwardThrough } from '../forward/forward';
import { bertConfigOf } from './bert-config-of';

/**
 * What a BERT makes of its inputs before the classifier: the last layer's hidden states [batch, time, hiddenSize] and what
 * the classifier is given, the pooler's output [batch, hiddenSize]. Inference; the caller owns both.
 *
 * @param xs inputIds, attentionMask and tokenTypeIds, as the model itself takes them.
 * @throws UserError if the model was not built by `bert`.
 */
export function encodeTokens(
  model: tf.LayersModel,
  xs: readonly tf.Tensor[],
): { hidden: tf.Tensor; pooled: tf.Tensor } {
  const last = `encoder/${bertConfigOf(model).layers - 1}/ffn/norm`;
  return tf.tidy(() => {
    const layers = [last, 'pooler/activation'];
    const [, hidden, pooled] = forwardThrough(model, xs, { pass: 'inference', layers });
    return { hidden: hidden!, pooled: pooled! };
  });
}
