import * as tf from '@tensorflow/tfjs';
import type { DeclaresFacts } from '../../core/facts';
import { CARRIER } from '../../core/scaling-facts';
import { only } from './inputs';
import { checkRate, dropoutMask } from '../../random/dropout-mask';

/** Options of `dropout`. */
export interface DropoutOptions {
  /** Names the stream of random numbers too: give every dropout layer of a model its own. */
  readonly name: string;
  /** Probability of dropping an element, in [0, 1). */
  readonly rate: number;
}

class Dropout extends tf.layers.Layer implements DeclaresFacts {
  static readonly className = 'WhittleDropout';
  readonly facts = { tokenWise: 1, rates: ['rate'], passes: 'values', scaling: CARRIER } as const;
  readonly rate: number;

  constructor(options: DropoutOptions) {
    super({ name: options.name });
    this.rate = checkRate(options.rate, `layer "${this.name}"`);
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: { readonly training?: boolean }): tf.Tensor {
    const x = only(inputs);
    if (!kwargs.training || this.rate === 0) return x;
    return tf.tidy(() => x.mul(dropoutMask({ name: this.name }, x.shape, this.rate)));
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), rate: this.rate };
  }
}
tf.serialization.registerClass(Dropout);

/**
 * Inverted dropout: in training each element becomes 0 with probability `rate`, else `x / (1 − rate)`; otherwise x itself. The
 * mask depends on the run's seed and tick (lib/core/clock) and the layer's name only; tfjs's own dropout draws on the host,
 * which a compiled program cannot do.
 *
 * @throws UserError for a rate outside [0, 1).
 *
 * @example dropout({ name: 'classifier/dropout', rate: 0.1 }).apply(x)
 */
export function dropout(options: DropoutOptions): tf.layers.Layer {
  return new Dropout(options);
}
