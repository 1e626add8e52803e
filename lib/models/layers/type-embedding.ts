import * as tf from '@tensorflow/tfjs';
import { dims } from '../../core/dims';
import { EmbeddingOptions, EmbeddingTable, TABLE } from './embedding-table';
import { several } from './inputs';

class TypeEmbedding extends EmbeddingTable {
  static readonly className = 'WhittleTypeEmbedding';
  readonly facts = { weights: TABLE, ids: 1, passes: 'sum' } as const;

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    return (inputShape as tf.Shape[])[0]!;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const [x, types] = several(inputs, 2) as [tf.Tensor, tf.Tensor];
    const [batch, time, width] = dims(x, 3);
    if (this.rows === 1) return tf.tidy(() => x.add(this.table()));
    return tf.tidy(() => {
      const oneHot = tf.oneHot(types.cast('int32').reshape([batch * time]), this.rows, 1, 0, 'float32');
      return x.add(tf.matMul(oneHot, this.table()).reshape([batch, time, width]));
    });
  }
}
tf.serialization.registerClass(TypeEmbedding);

/**
 * Adds to each token the row of its type (first or second text of a pair): [x of [batch, time, width], types of
 * [batch, time]] → the shape of x. Weight `embeddings` [rows, width]. A one-hot matmul rather than a lookup: with so few rows its
 * gradient is a small matmul too, where a lookup's would be a scatter. With a single row all tokens get that one, whatever their
 * types: RoBERTa does not tell the two texts of a pair apart.
 */
export function typeEmbedding(options: EmbeddingOptions): tf.layers.Layer {
  return new TypeEmbedding(options);
}
