import { UserError } from '../lib/core/errors';
import type { Metric } from './metrics';

/**
 * Share of hidden words that are guessed right, in [0, 1].
 *
 * @param predictions scores of every piece, [examples, slots, pieces]; the first of the largest is the guess.
 * @param labels the pieces that were hidden, [examples, slots]; below 0 where a slot holds none.
 * @throws UserError unless there is a hidden piece.
 */
export const hiddenWordsAccuracy: Metric = (predictions, labels) => {
  const pieces = predictions.shape.at(-1)!;
  let [right, all] = [0, 0];
  labels.data.forEach((label, slot) => {
    if (label < 0) return;
    all++;
    if (largest(predictions.data, slot * pieces, pieces) === label) right++;
  });
  if (all > 0) return right / all;
  throw new UserError('Expected at least one hidden piece to guess, got none.');
};

/** Where among `count` values from `begin` the first of the largest is. */
function largest(values: ArrayLike<number>, begin: number, count: number): number {
  let best = 0;
  for (let i = 1; i < count; i++) if (values[begin + i]! > values[begin + best]!) best = i;
  return best;
}
