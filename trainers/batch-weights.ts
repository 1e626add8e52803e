import type { Batch } from '../datasets/batch';
import { UserError } from '../lib/core/errors';
import type { Loss } from './losses';

/**
 * What each batch of a step counts, so that the step is that of one big batch: how many things the loss averages over, which are its
 * examples by default. Where all batches have none, they count by their examples.
 *
 * @throws UserError for a loss whose numbers are no such counts.
 */
export function batchWeights(batches: readonly Batch[], { averagesOver }: Loss): readonly number[] {
  const examples = batches.map(({ size }) => size);
  if (!averagesOver || batches.length === 1) return examples;
  const counts = batches.map((batch) => averagesOver(batch));
  const wrong = counts.find((count) => !(count >= 0 && count < Infinity));
  if (wrong !== undefined) {
    throw new UserError(`Expected averagesOver of the loss to be a finite number >= 0, got ${wrong}.`);
  }
  return counts.some((count) => count > 0) ? counts : examples;
}
