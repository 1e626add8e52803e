import { hostTensor } from '../lib/core/host-tensor';
import { UserError } from '../lib/core/errors';
import { ofNumbers } from './metric';
import { answersOf, Metric } from './metrics';

/**
 * Share of hidden words that are guessed right, in [0, 1].
 *
 * @param predictions scores of every piece, [examples, slots, pieces]; the first of the largest is the guess.
 * @param labels the pieces that were hidden, [examples, slots]; below 0 where a slot holds none.
 * @throws UserError unless there is a hidden piece.
 */
export const hiddenWordsAccuracy: Metric = ofNumbers(({ data, shape }, labels) => {
  const guesses = answersOf(hostTensor(data, [labels.data.length, shape.at(-1)!]));
  const used = guesses.filter((_, slot) => labels.data[slot]! >= 0).length;
  const right = guesses.filter((guess, slot) => guess === labels.data[slot]).length;
  if (used > 0) return right / used;
  throw new UserError('Expected at least one hidden piece to guess, got none.');
});
