import * as tf from '@tensorflow/tfjs';
import { dims } from '../../core/dims';
import type { DeclaresFacts } from '../../core/facts';
import { only } from './inputs';

/** Options of `tiedDecoder`. */
export interface TiedDecoderOptions {
  readonly name: string;
  /** The built layer whose table, its one weight [rows, width], is the decoder's. */
  readonly table: tf.layers.Layer;
}

class TiedDecoder extends tf.layers.Layer implements DeclaresFacts {
  static readonly className = 'WhittleTiedDecoder';
  readonly facts = { weights: { bias: { role: 'bias' } } } as const;
  private readonly table: tf.LayerVariable;
  private bias!: tf.LayerVariable;

  constructor({ name, table }: TiedDecoderOptions) {
    super({ name });
    this.table = table.weights[0]!;
  }

  override build(inputShape: tf.Shape): void {
    this.bias = this.addWeight('bias', [this.table.shape[0]!], 'float32', tf.initializers.zeros());
    super.build(inputShape);
  }

  override computeOutputShape(inputShape: tf.Shape): tf.Shape {
    return [...inputShape.slice(0, -1), this.table.shape[0]!];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const x = only(inputs);
    const [batch, slots, width] = dims(x, 3);
    return tf.tidy(() => {
      const scores = tf.matMul(x.reshape([batch * slots, width]), this.table.read(), false, true);
      return scores.add(this.bias.read()).reshape([batch, slots, -1]);
    });
  }
}

/**
 * Scores of every row of an embedding table: `x · tableᵀ + bias`, [batch, slots, width] → [batch, slots, rows]. The table stays the
 * embedding's (Press & Wolf 2017, arXiv:1608.05859); the bias is its own.
 */
export function tiedDecoder(options: TiedDecoderOptions): tf.layers.Layer {
  return new TiedDecoder(options);
}
