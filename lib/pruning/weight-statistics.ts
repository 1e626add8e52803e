import type { Statistic } from '../analysis/statistics';
import { UserError } from '../core/errors';

/** A weight and the gradient of a batch's mean loss at it, where they belong together: [shape] each. */
export interface GradientBatch {
  /** As the gradient was taken, before the optimizer's step. */
  readonly weights: Float32Array;
  /** Row-major, as the weights. */
  readonly gradient: Float32Array;
  /** Of the weight. */
  readonly shape: readonly number[];
  /** What the batch counts: 1 for a step of a training, its examples in a scoring pass. */
  readonly count: number;
}

/**
 * Something to know of each value of a weight, added up over batches.
 *
 * @example
 * const squares: GradientStatistic = {
 *   name: 'sum of squared gradients',
 *   of: 'gradients',
 *   add: (total, { gradient, count }) => gradient.forEach((g, i) => (total[i]! += count * g * g)),
 * };
 */
export interface GradientStatistic {
  /** Unique among what a saliency needs; a checkpoint knows it by it. */
  readonly name: string;
  /** What tells it from an {@link InputStatistic}. */
  readonly of: 'gradients';
  /** How many numbers it is of a weight. Default one of each value. */
  sizeOf?(shape: readonly number[]): number;
  /** Adds what a batch tells, [shape], or as many numbers as `sizeOf` says. */
  add(total: Float32Array, batch: GradientBatch): void;
}

/** Something to know of the input of a weight's layer, in a pass of inference. */
export interface InputStatistic {
  /** Unique among what a saliency needs. */
  readonly name: string;
  /** What tells it from a {@link GradientStatistic}. */
  readonly of: 'inputs';
  /** Of the input's rows, each a vector over its last axis: `Σ x²` of each input channel, for example. */
  readonly statistic: Statistic;
}

/** What a saliency may need to know of a weight, beside its values. */
export type WeightStatistic = GradientStatistic | InputStatistic;

/**
 * What was gathered of a weight: [shape] of a gradient's statistic unless it says otherwise, as the statistic makes it of an input's. Not to be written.
 *
 * @throws UserError for a statistic that was not gathered.
 */
export type Stats = (statistic: WeightStatistic) => Float32Array;

/** `Σ w · g`: to first order, by how much the loss would fall if the weight were 0, summed over batches. */
export const weightTimesGradient: GradientStatistic = {
  name: 'weight times gradient',
  of: 'gradients',
  add(total, { weights, gradient, count }) {
    for (let i = 0; i < total.length; i++) total[i]! += count * weights[i]! * gradient[i]!;
  },
};

/** The statistics of a weight, of what was gathered of it. */
export function statsOf(path: string, gathered: ReadonlyMap<WeightStatistic, Float32Array>): Stats {
  return (statistic) => {
    const values = gathered.get(statistic);
    if (values) return values;
    const names = [...gathered.keys()].map(({ name }) => `"${name}"`).join(', ');
    throw new UserError(
      `Expected "${statistic.name}" of "${path}", which the saliency reads, among what was gathered (${names || 'nothing'}); ` +
        'let the saliency declare it (needs), and pass what was gathered (stats).',
    );
  };
}
