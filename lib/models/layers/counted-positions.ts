import * as tf from '@tensorflow/tfjs';
import { dims } from '../../core/dims';
import type { DeclaresFacts } from '../../core/facts';
import { only } from './inputs';
import { checkLength } from './position-embedding';

/** Options of `countedPositions`. */
export interface CountedPositionsOptions {
  readonly name: string;
  /** The piece that is not counted. */
  readonly padId: number;
  /** Longest sequence, in tokens. */
  readonly maxPositions: number;
}

class CountedPositions extends tf.layers.Layer implements DeclaresFacts {
  static readonly className = 'WhittleCountedPositions';
  readonly facts = {};

  constructor(private readonly options: CountedPositionsOptions) {
    super({ name: options.name });
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const ids = only(inputs);
    const { padId, maxPositions } = this.options;
    checkLength(this.name, dims(ids, 2)[1], maxPositions);
    return tf.tidy(() => {
      const counts = ids.notEqual(tf.scalar(padId, 'int32')).cast('int32');
      return counts.cumsum(1).mul(counts).add(tf.scalar(padId, 'int32')).cast('int32');
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    const { padId, maxPositions } = this.options;
    return { ...super.getConfig(), padId, maxPositions };
  }
}
tf.serialization.registerClass(CountedPositions);

/**
 * RoBERTa's positions: [batch, time] piece numbers → int32 of the same shape, `padId + n` for the n-th piece of a row that is
 * not `padId`, and `padId` where it is.
 *
 * @throws UserError when applied to more than `maxPositions` tokens.
 */
export function countedPositions(options: CountedPositionsOptions): tf.layers.Layer {
  return new CountedPositions(options);
}
