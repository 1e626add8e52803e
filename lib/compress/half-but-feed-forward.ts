import { fp16 } from '../quantization/spec';
import type { Rule } from './rules';
import { Scheme, staticInt8, weightOnly } from './scheme';

/** Options of {@link halfButFeedForward}. */
export interface HalfButFeedForwardOptions {
  /** Of the feed-forward networks. Default `staticInt8()`, whose ranges `calibrate` finds. */
  readonly feedForward?: Scheme;
  /** Pattern of the paths of their layers. Default those of `bert` in every family, `encoder/*\/ffn/*`. */
  readonly match?: string;
}

/**
 * **The classic mixed precision of transformers**: embeddings, attention and classifier in fp16, feed-forward networks in int8. These are
 * two thirds of an encoder's weights and of its products. Which layers bear rounding best differs from model to model: see `sensitivity`.
 *
 * @example
 * const prepared = prepare(model, halfButFeedForward());
 */
export function halfButFeedForward({
  feedForward = staticInt8(),
  match = 'encoder/*/ffn/*',
}: HalfButFeedForwardOptions = {}): Rule[] {
  return [
    { match: '**', use: weightOnly(fp16()) },
    { match, use: feedForward },
  ];
}
