import * as tf from '@tensorflow/tfjs';
import { UserError } from '../../core/errors';
import { quoted } from '../../core/printable';

/**
 * What scores begin with: a number (0 in the papers), or `magnitude`, by the weights W themselves,
 *
 *     S = |W| / mean |W| − 1        of each weight, 0 in the mean
 *
 * With a number all order among scores is to be learned, and what is pruned before that is pruned at random: right where there are many steps
 * before the first masks, or weights that know nothing yet. A trained model that is pruned within some hundred steps needs an order to begin
 * with, which learning then corrects.
 */
export type InitialScores = number | 'magnitude';

/** @throws UserError for what scores cannot begin with. */
export function expectInitial(initial: InitialScores): void {
  if (initial === 'magnitude' || Number.isFinite(initial)) return;
  throw new UserError(`Expected a number or 'magnitude' for scores to begin with, got ${quoted(initial)}.`);
}

/** @param weight W, read where scores begin by it. @returns S, of its shape. */
export const initialScores = (initial: InitialScores, weight: tf.Tensor): tf.Tensor =>
  initial === 'magnitude' ? relativeMagnitude(weight) : tf.fill(weight.shape, initial);

function relativeMagnitude(weight: tf.Tensor): tf.Tensor {
  const size = weight.abs();
  return tf.divNoNan(size, size.mean()).sub(1);
}
