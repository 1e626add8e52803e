import * as tf from '@tensorflow/tfjs';
import { EmbeddingOptions, EmbeddingTable, TABLE } from './embedding-table';
import { only } from './inputs';

class TokenEmbedding extends EmbeddingTable {
  static readonly className = 'WhittleTokenEmbedding';
  readonly facts = { weights: TABLE, ids: 0, isLookup: true };

  override computeOutputShape(inputShape: tf.Shape): tf.Shape {
    return [...inputShape, this.width];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => tf.gather(this.table(), only(inputs).cast('int32')));
  }
}
tf.serialization.registerClass(TokenEmbedding);

/** Looks up the row of each id: [batch, time] → [batch, time, width]. Weight `embeddings` [rows, width]. */
export function tokenEmbedding(options: EmbeddingOptions): tf.layers.Layer {
  return new TokenEmbedding(options);
}
