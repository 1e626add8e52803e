import * as tf from '@tensorflow/tfjs';
import { tap } from '../../lib/core/tap';
import type { Loss } from '../losses';
import type { CompileArgs, Score } from './compile-args';
import { stockRange } from './stock-ranges';
import { weightedMean } from './weights';

export interface FitLossOptions {
  /** What each output's loss counts in their sum; 1 by default. */
  readonly lossWeights?: readonly (number | undefined)[];
  /** Takes the metrics of a step, in their order. */
  readonly onMetrics: (values: ArrayLike<number>) => void;
}

/**
 * The loss of a compiled model: the sum of its outputs' losses, each the mean of what tfjs's says by the examples' weights, which follow the
 * labels of all outputs. In training the metrics are computed on the way, of the same outputs, and handed over.
 */
export function fitLoss(args: CompileArgs, { lossWeights = [], onMetrics }: FitLossOptions): Loss {
  const { outputs } = args;
  const ofSeveral: NonNullable<Loss['ofSeveral']> = (predictions, labels, seen) =>
    tf.tidy(() => {
      const weights = labels.slice(outputs.length);
      const losses = outputs.map(({ name, loss }, i) =>
        weightedMean(loss(labels[i]!, predictions[i]!), weights[i], name),
      );
      if (seen) reportMetrics(args, { predictions, labels, losses }, onMetrics);
      const counted = losses.map((loss, i) => loss.mul(lossWeights[i] ?? 1));
      return counted.reduce((sum, loss) => sum.add(loss)) as tf.Scalar;
    });
  const loss: Loss = (predictions, labels, seen) => ofSeveral([predictions], [labels], seen);
  return Object.assign(loss, { ofSeveral, labels: outputs.map(({ lossName }) => stockRange(lossName)) });
}

/** The mean of a score over all that it is of. */
export function meanOf(score: Score, truth: tf.Tensor, predictions: tf.Tensor): tf.Scalar {
  return tf.tidy(() => score(truth, predictions).mean() as tf.Scalar);
}

interface Computed {
  readonly predictions: readonly tf.Tensor[];
  readonly labels: readonly tf.Tensor[];
  readonly losses: readonly tf.Scalar[];
}

function reportMetrics(
  { metrics }: CompileArgs,
  { predictions, labels, losses }: Computed,
  onMetrics: FitLossOptions['onMetrics'],
): void {
  if (metrics.length === 0) return;
  const values = metrics.map(({ score, output, isLoss }) =>
    isLoss ? losses[output]! : meanOf(score, labels[output]!, predictions[output]!),
  );
  tap(tf.stack(values), ({ data }) => onMetrics(data));
}
