import { configured } from '../../core/config';
import { Saliency, ScoredWeight, taylor } from '../saliency';

/**
 * SNIP, pruning before training: the connection sensitivity `|Σ w · g|` of some data at the first weights. The paper divides all of them by
 * their sum, which changes no mask. The numbers are `taylor`'s; what is SNIP is when: at step 0, at once, by a scoring pass, all
 * weights competing.
 *
 * Lee et al., 2019 (arXiv:1810.02340).
 *
 * @example
 * const schedule = oneShot({ finalSparsity: 0.9 });
 * const by = pruner({ schedule, saliency: snip, distribution: globalDistribution() });
 * const callbacks = [pruning({ pruner: by, scoring: { data, batches: 1 } })];
 */
export const snip: Saliency = configured(
  Object.assign((weight: ScoredWeight) => taylor(weight), { needs: taylor.needs }),
  'snip',
);
