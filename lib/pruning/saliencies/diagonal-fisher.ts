import { needing, Saliency, score } from '../saliency';
import type { GradientStatistic } from '../weight-statistics';

/** `Σ g²` over batches. */
export const squaredGradients: GradientStatistic = {
  name: 'squared gradients',
  of: 'gradients',
  add(total, { gradient, count }) {
    for (let i = 0; i < total.length; i++) total[i]! += count * gradient[i]! * gradient[i]!;
  },
};

/**
 * `w² · Σ g² / 2`: by how much the loss would rise if the weight were 0, to second order, at a minimum and with a diagonal Hessian
 * (optimal brain damage, LeCun et al., 1990), for which the diagonal of the empirical Fisher information stands (Theis et al., 2018,
 * arXiv:1801.05787). Fisher information is of single examples: exact for batches of one; of larger batches it is of their mean gradients.
 */
export const diagonalFisher: Saliency = needing(
  'diagonalFisher',
  ({ data, stats }) => {
    const squares = stats(squaredGradients);
    return score(data, (i) => (data[i]! * data[i]! * squares[i]!) / 2);
  },
  [squaredGradients],
);
