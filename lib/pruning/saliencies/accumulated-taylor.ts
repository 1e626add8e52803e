import { needing, Saliency, score } from '../saliency';
import type { GradientStatistic } from '../weight-statistics';

/** `Σ |w · g|` over batches. */
export const absoluteProducts: GradientStatistic = {
  name: 'absolute products',
  of: 'gradients',
  add(total, { weights, gradient, count }) {
    for (let i = 0; i < total.length; i++) total[i]! += count * Math.abs(weights[i]! * gradient[i]!);
  },
};

/**
 * First-order Taylor expansion, accumulated: `Σ |w · g|` over batches, by how much the loss of each would change if the weight were 0.
 * Unlike `taylor`, `|Σ w · g|`, what batches say for and against a weight does not cancel, as it does at the end of a training.
 *
 * Molchanov et al., 2017 (arXiv:1611.06440), equation 8, averages the magnitudes of examples so: it is exact for batches of one.
 */
export const accumulatedTaylor: Saliency = needing(
  'accumulatedTaylor',
  ({ data, stats }) => {
    const sums = stats(absoluteProducts);
    return score(data, (i) => sums[i]!);
  },
  [absoluteProducts],
);
