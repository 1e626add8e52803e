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
  protected readonly rows: number;
  protected readonly width: number;
  private readonly stddev: number;
  private readonly seed: number;
  private embeddings!: tf.LayerVariable;

  constructor({ name, rows, width, stddev, seed }: EmbeddingOptions) {
    super({ name });
    [this.rows, this.width, this.stddev, this.seed] = [rows, width, stddev, seed];
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const { rows, width, stddev, seed } = this;
    const initializer = truncatedNormal({ stddev, seed, path: `${this.name}/embeddings` });
    this.embeddings = this.addWeight('embeddings', [rows, width], 'float32', initializer);
    super.build(inputShape);
  }

  protected table(): tf.Tensor2D {
    return this.embeddings.read() as tf.Tensor2D;
  }

  override getConfig(): tf.serialization.ConfigDict {
    const { rows, width, stddev, seed } = this;
    return { ...super.getConfig(), rows, width, stddev, seed };
  }
}
