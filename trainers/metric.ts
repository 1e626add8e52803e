import type { HostTensor } from '../lib/core/host-tensor';

/**
 * A score over all examples of a task at once.
 *
 * @param predictions a classifier's outputs [examples, classes], of which the largest is the answer (the first among equals);
 *   or the answers themselves: classes or, for a regression, numbers, [examples] or [examples, 1]; for some metrics
 *   [examples, labels].
 * @param labels the truth, [examples]; for some metrics [examples, numbers] or [examples, labels].
 * @throws UserError unless there are as many predictions as labels, at least one.
 */
export type Metric = (predictions: HostTensor, labels: HostTensor) => number;
