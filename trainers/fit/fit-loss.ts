import * as tf from '@tensorflow/tfjs';
import { tap } from '../../lib/core/tap';
import type { Loss } from '../losses';
import { stockRange } from './stock-ranges';
import type { CompileArgs, CompiledMetric, Score } from './compile-args';

/** Takes the metrics of a step, in the order of `metrics`. */
export type TakeMetrics = (values: ArrayLike<number>) => void;

/**
 * The loss of a compiled model: the mean of what tfjs's loss says. In training the metrics are computed on the way, of the same outputs,
 * and handed over.
 */
export function fitLoss({ outputs, metrics }: CompileArgs, take: TakeMetrics): Loss {
  const { loss, lossName } = outputs[0]!;
  const mean: Loss = (predictions, labels, seen) =>
    tf.tidy(() => {
      if (seen) reportMetrics(metrics, predictions, labels, take);
      return meanOf(loss, labels, predictions);
    });
  return Object.assign(mean, { labels: stockRange(lossName) });
}

/** The mean of a score over all that it is of. */
export function meanOf(score: Score, truth: tf.Tensor, predictions: tf.Tensor): tf.Scalar {
  return tf.tidy(() => score(truth, predictions).mean() as tf.Scalar);
}

function reportMetrics(
  metrics: readonly CompiledMetric[],
  predictions: tf.Tensor,
  labels: tf.Tensor,
  take: TakeMetrics,
): void {
  if (metrics.length === 0) return;
  const values = metrics.map(({ score }) => meanOf(score, labels, predictions));
  tap(tf.stack(values), ({ data }) => take(data));
}
