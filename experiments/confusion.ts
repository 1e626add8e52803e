import type { HostTensor } from '../lib/core/host-tensor';
import { answersOf } from '../trainers/metrics';

/** How often examples of a class were taken for each. */
export interface Confusion {
  /** Names of the classes, by number. */
  readonly labels: readonly string[];
  /** [true class][answered class] */
  readonly counts: readonly (readonly number[])[];
}

/**
 * Counts answers by what they should have been.
 *
 * @param predictions [examples, classes]
 * @param truth classes, [examples]
 */
export function confusion(predictions: HostTensor, truth: HostTensor, labels: readonly string[]): Confusion {
  const counts = labels.map(() => labels.map(() => 0));
  const answers = answersOf(predictions);
  truth.data.forEach((label: number, i: number) => {
    const row = counts[label]!;
    const answer = answers[i]!;
    if (answer >= 0) row[answer]! += 1; // a broken model has no answer
  });
  return { labels, counts };
}
