import * as tf from '@tensorflow/tfjs';
import type { DeclaresFacts, LayerFacts } from '../../core/facts';
import { truncatedNormal } from '../initializer';

/** Options of the embedding layers. */
export interface EmbeddingOptions {
  readonly name: string;
  /** Rows of the table: pieces of the vocabulary, positions or types. */
  readonly rows: number;
  readonly width: number;
  /** Of the first values, see `truncatedNormal`. */
  readonly stddev: number;
  readonly seed: number;
}

/** What each of them says of its weight. */
export const TABLE = { embeddings: { role: 'table', channels: [0] } } as const;

/** What the embedding layers share: one weight, `embeddings` [rows, width]. */
export abstract class EmbeddingTable extends tf.layers.Layer implements DeclaresFacts {
  abstract readonly facts: LayerFacts;
  private embeddings!: tf.LayerVariable;

  constructor(protected readonly options: EmbeddingOptions) {
    super({ name: options.name });
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const { rows, width, stddev, seed } = this.options;
    const initializer = truncatedNormal({ stddev, seed, path: `${this.name}/embeddings` });
    this.embeddings = this.addWeight('embeddings', [rows, width], 'float32', initializer);
    super.build(inputShape);
  }

  protected table(): tf.Tensor2D {
    return this.embeddings.read() as tf.Tensor2D;
  }

  override getConfig(): tf.serialization.ConfigDict {
    const { rows, width, stddev, seed } = this.options;
    return { ...super.getConfig(), rows, width, stddev, seed };
  }
}
