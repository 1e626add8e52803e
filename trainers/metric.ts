import type { HostTensor } from '../lib/core/host-tensor';

/**
 * A score over all examples of a task at once.
 *
 * @param predictions a classifier's outputs [examples, classes], of which the largest is the answer (the first among equals);
 *   or the answers themselves: classes or, for a regression, numbers, [examples] or [examples, 1]; for some metrics
 *   [examples, labels].
 * @param labels the truth, [examples]; for some metrics [examples, numbers] or [examples, labels].
 * @returns NaN where a prediction is NaN: such a model has no score.
 * @throws UserError unless there are as many predictions as labels, at least one.
 */
export interface Metric {
  (predictions: HostTensor, labels: HostTensor): number;
  /** Which output of a model of several it scores, by its place; the first by default. */
  readonly output?: number;
}

/** A metric from a score of numbers. */
export function ofNumbers(score: Metric): Metric {
  return (predictions, labels) => {
    const value = score(predictions, labels); // fails first where the two do not fit
    return predictions.data.some((number: number) => Number.isNaN(number)) ? NaN : value;
  };
}
