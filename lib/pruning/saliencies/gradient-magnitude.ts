import { needing, Saliency, score } from '../saliency';
import type { GradientStatistic } from '../weight-statistics';

/** `Σ |g|` over batches. */
export const absoluteGradients: GradientStatistic = {
  name: 'absolute gradients',
  of: 'gradients',
  add(total, { gradient, count }) {
    for (let i = 0; i < total.length; i++) total[i]! += count * Math.abs(gradient[i]!);
  },
};

/**
 * `Σ |g|` over batches: how much the loss of each feels the weight. Not `|Σ g|`, which is 0 of every weight where training is done, however
 * much single batches pull at it. It does not look at the weight, so that pruned weights may win (`regrow`): of one batch it is the
 * criterion by which RigL grows (Evci et al., 2020, arXiv:1911.11134).
 */
export const gradientMagnitude: Saliency = needing(
  'gradientMagnitude',
  ({ data, stats }) => {
    const sums = stats(absoluteGradients);
    return score(data, (i) => sums[i]!);
  },
  [absoluteGradients],
);
