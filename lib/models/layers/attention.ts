import * as tf from '@tensorflow/tfjs';
import { isWatched, throughInner } from '../../core/attach';
import { dims } from '../../core/dims';
import { UserError } from '../../core/errors';
import type { DeclaresFacts } from '../../core/facts';
import { withGradient } from '../with-gradient';
import { several } from './inputs';
import { checkRate, dropoutMask } from '../../random/dropout-mask';

/** Options of `attention`. */
export interface AttentionOptions {
  readonly name: string;
  readonly heads: number;
  /** Width of one head; queries, keys and values are `heads · headSize` wide. */
  readonly headSize: number;
  /** Probability of dropping an attention weight in training; 0 by default. */
  readonly dropout?: number;
}

/** Softmax's, before dropout: [batch, heads, queries, keys]. */
const PROBABILITIES = 'probabilities';

class Attention extends tf.layers.Layer implements DeclaresFacts {
  static readonly className = 'WhittleAttention';
  /** Token-wise in its queries. What comes out are means of values, weighted by products of queries and keys. */
  readonly facts = {
    tokenWise: 1,
    rates: ['dropout'],
    scaling: { carries: 2, multiplies: [0, 1], keepsConstants: true },
    inner: [PROBABILITIES],
  } as const;
  readonly heads: number;
  readonly headSize: number;
  readonly dropout: number;

  constructor(options: AttentionOptions) {
    super({ name: options.name });
    this.heads = options.heads;
    this.headSize = options.headSize;
    this.dropout = checkRate(options.dropout ?? 0, `layer "${this.name}"`);
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const widths = (inputShape as tf.Shape[]).slice(0, 3).map((shape) => shape.at(-1));
    if (widths.some((width) => width !== this.heads * this.headSize)) {
      throw new UserError(
        `Expected queries, keys and values of width ${this.heads} heads · ${this.headSize} at layer "${this.name}", ` +
          `got ${widths.join(', ')}.`,
      );
    }
    super.build(inputShape);
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    return (inputShape as tf.Shape[])[0]!;
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: { readonly training?: boolean }): tf.Tensor {
    const [query, key, value, bias] = several(inputs, 4) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
    const [batch, queries] = dims(query, 3);
    const [, keys] = dims(key, 3);
    const drop = kwargs.training && this.dropout > 0;
    return tf.tidy(() => {
      const mask = drop
        ? dropoutMask({ name: this.name }, [batch, this.heads, queries, keys], this.dropout)
        : undefined;
      const how = { bias, mask, heads: this.heads };
      if (!isWatched(this, PROBABILITIES)) return attend(query, key, value, how);
      return attendOpenly(query, key, value, how, (weights) =>
        throughInner(this, PROBABILITIES, weights, kwargs),
      );
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    const { heads, headSize, dropout } = this;
    return { ...super.getConfig(), heads, headSize, dropout };
  }
}
tf.serialization.registerClass(Attention);

/**
 * The core of multi-head self-attention, without its dense layers (Vaswani et al. 2017, arXiv:1706.03762): per head
 * `softmax(q kᵀ / sqrt(headSize) + bias) v`, with dropout of the attention weights in training.
 *
 * Applied to [query, key, value, bias]: three of [batch, time, heads · headSize], and the [batch, 1, 1, time] that
 * `attentionBias` makes of a mask; gives [batch, time, heads · headSize]. There may be fewer queries than keys: each has its own
 * output.
 *
 * @throws UserError when it is built on tensors of another width.
 */
export function attention(options: AttentionOptions): tf.layers.Layer {
  return new Attention(options);
}

interface Attend {
  readonly bias: tf.Tensor;
  /** Dropout, [batch, heads, time, time]. */
  readonly mask: tf.Tensor | undefined;
  readonly heads: number;
}

/**
 * A gradient of its own, because the tensors of [batch, heads, time, time] are what attention costs. With P = softmax(S), D = P
 * after dropout and O = D v, softmax's gradient `dS = P ∘ (dP − Σ P∘dP)` needs no pass for dropout, nor for its sum over such a
 * tensor: `P∘dP = D∘dD`, and its sum over keys is the sum of `O∘dO` over the head's width (Dao et al. 2022, arXiv:2205.14135).
 */
function attend(
  query: tf.Tensor,
  key: tf.Tensor,
  value: tf.Tensor,
  { bias, mask, heads }: Attend,
): tf.Tensor {
  const scale = 1 / Math.sqrt(query.shape[2]! / heads);
  return withGradient(
    [query, key, value],
    (save) => {
      const q = split(query.mul(scale), heads); // [batch, heads, time, headSize]
      const k = split(key, heads);
      const v = split(value, heads);
      const weights = tf.softmax(tf.matMul(q, k, false, true).add(bias)); // [batch, heads, time, time]
      const dropped = mask ? weights.mul(mask) : weights;
      const output = tf.matMul(dropped, v);
      save(q, k, v, output, weights, ...(mask ? [dropped] : []));
      return merge(output);
    },
    (dy, saved) => {
      const [q, k, v, output, weights, dropped] = saved as [
        tf.Tensor,
        tf.Tensor,
        tf.Tensor,
        tf.Tensor,
        tf.Tensor,
        tf.Tensor?,
      ];
      const dOutput = split(dy, heads);
      const dDropped = tf.matMul(dOutput, v, false, true);
      const total = dOutput.mul(output).sum(-1, true); // [batch, heads, time, 1]
      const dScores = dropped
        ? dropped.mul(dDropped).sub(weights.mul(total))
        : weights.mul(dDropped.sub(total));
      return [
        merge(tf.matMul(dScores, k)).mul(scale),
        merge(tf.matMul(dScores, q, true, false)),
        merge(tf.matMul(dropped ?? weights, dOutput, true, false)),
      ];
    },
  );
}

/** The same with the gradient of its parts, for what is attached to the probabilities may change them. */
function attendOpenly(
  query: tf.Tensor,
  key: tf.Tensor,
  value: tf.Tensor,
  { bias, mask, heads }: Attend,
  through: (weights: tf.Tensor) => tf.Tensor,
): tf.Tensor {
  const scale = 1 / Math.sqrt(query.shape[2]! / heads);
  const [q, k, v] = [query.mul(scale), key, value].map((x) => split(x, heads)) as [
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
  ];
  const weights = through(tf.softmax(tf.matMul(q, k, false, true).add(bias)));
  return merge(tf.matMul(mask ? weights.mul(mask) : weights, v));
}

/** [batch, time, heads · headSize] → [batch, heads, time, headSize] */
function split(x: tf.Tensor, heads: number): tf.Tensor {
  const [batch, time, width] = dims(x, 3);
  return x.reshape([batch, time, heads, width / heads]).transpose([0, 2, 1, 3]);
}

/** [batch, heads, time, headSize] → [batch, time, heads · headSize] */
function merge(x: tf.Tensor): tf.Tensor {
  const [batch, heads, time, headSize] = dims(x, 4);
  return x.transpose([0, 2, 1, 3]).reshape([batch, time, heads * headSize]);
}
