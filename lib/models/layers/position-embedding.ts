import * as tf from '@tensorflow/tfjs';
import { dims } from '../../core/dims';
import { UserError } from '../../core/errors';
import { EmbeddingOptions, EmbeddingTable, TABLE } from './embedding-table';
import { only } from './inputs';

class PositionEmbedding extends EmbeddingTable {
  static readonly className = 'WhittlePositionEmbedding';
  readonly facts = { weights: TABLE, passes: 'sum' } as const;

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const x = only(inputs);
    const [, time, width] = dims(x, 3);
    checkLength(this.name, time, this.rows);
    return tf.tidy(() => x.add(this.table().slice([0, 0], [time, width])));
  }
}
tf.serialization.registerClass(PositionEmbedding);

/**
 * Adds to each token the row of its position, 0 for the first: [batch, time, width] → the same shape. Weight `embeddings`
 * [rows, width]. The gradient by the rows is a sum over the batch, not a scatter.
 *
 * @throws UserError when applied to more than `rows` positions.
 */
export function positionEmbedding(options: EmbeddingOptions): tf.layers.Layer {
  return new PositionEmbedding(options);
}

/** @throws UserError if a sequence is longer than there are positions for. */
export function checkLength(layer: string, time: number, most: number): void {
  if (time <= most) return;
  throw new UserError(
    `Expected at most ${most} tokens at layer "${layer}", got ${time}; cut the texts (\`maxLength\` ${most}).`,
  );
}
