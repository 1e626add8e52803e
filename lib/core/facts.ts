import type * as tf from '@tensorflow/tfjs';
import type { ScalingFacts } from './scaling-facts';

/**
 * What a weight is to its layer:
 *
 * - `kernel`: of a matrix product or a convolution. Its channels are the output's.
 * - `depthwise`: of a convolution of each channel by itself, [height, width, channels, multiplier]. Its channels are both.
 * - `recurrent`: of the product with a recurrent layer's state. Its channels are the output's.
 * - `table`: looked up by id. Its channels are the ids, one row each.
 * - `scale` and `shift`: what each channel is multiplied by, and what is added, as in norms; `bias`: the shift of a product.
 * - `statistic`: what the layer itself keeps of its inputs.
 */
export type WeightFacts =
  | {
      /** Has channels with ranges of their own. */
      readonly role: 'kernel' | 'depthwise' | 'recurrent' | 'table';
      /** Axes of the weight's shape whose every place has its own range; a product sums over all the others. */
      readonly channels: readonly number[];
    }
  | {
      /** Stays in floats. */
      readonly role: 'scale' | 'shift' | 'bias' | 'statistic' | 'unknown';
    };

/**
 * How a layer gives on what it is given:
 *
 * - `values`: as they are, arranged anew, fewer of them, or dropped in training (reshape, flatten, dropout, max pooling).
 * - `activation`: each by itself, through one function.
 * - `norm`: scaled and shifted by channel.
 * - `sum`: added up with the layer's other inputs, or with a table's rows.
 */
export type Passing = 'values' | 'activation' | 'norm' | 'sum';

/** What there is to know of a layer. Whatever a layer does not say does not hold of it. */
export interface LayerFacts {
  /** Its own weights, by name. */
  readonly weights?: Readonly<Record<string, WeightFacts>>;
  /** Weights of other layers that it computes with too: the table that a decoder is tied to. */
  readonly borrows?: readonly tf.LayerVariable[];
  /** The input, by its place, whose numbers name rows of its first weight. Default none. */
  readonly ids?: number;
  /** Whether its output is rows of its table and nothing else. */
  readonly isLookup?: boolean;
  /** Fields whose value decides which ops run, such as rates of dropout: a compiled program freezes them. */
  readonly rates?: readonly string[];
  /**
   * From how many of its inputs, the first ones, it computes each token of its output, [batch, time, …], from the same token
   * only; it reads its other inputs as a whole. Attention has one, its queries.
   */
  readonly tokenWise?: number;
  /** Whether it reads only the first token of its input. */
  readonly readsFirstToken?: boolean;
  /** How it gives on its inputs, if it does; a layer that does not is an end of a way through the model. */
  readonly passes?: Passing;
  /** How many of its inputs it gives on, the first ones. Default 1. */
  readonly passesInputs?: number;
  /** How it takes factors on channels. */
  readonly scaling?: ScalingFacts;
  /** Values within its call that transforms can be attached to, by name, beside its input, output and weights: see `throughInner`. */
  readonly inner?: readonly string[];
}

/**
 * How a layer that is not tfjs's own says what it is: with a field `facts`.
 *
 * @example
 * class Scale extends tf.layers.Layer implements DeclaresFacts {
 *   readonly facts = { weights: { factor: { role: 'scale' } }, tokenWise: 1 } as const;
 *   …
 * }
 */
export interface DeclaresFacts {
  /** Asked whenever something is to be known; constant. */
  readonly facts: LayerFacts;
}
