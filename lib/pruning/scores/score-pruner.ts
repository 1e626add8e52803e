import { regrow } from '../mask-rule';
import { Pruner, pruner, PrunerOptions } from '../pruner';
import type { ScoredWeight } from '../saliency';
import type { LearnedScores } from './learned-scores';

/** Options of {@link scorePruner}. */
export interface ScorePrunerOptions extends Pick<PrunerOptions, 'schedule' | 'distribution' | 'pattern'> {
  /** Whose targets are pruned; they stay the caller's. */
  readonly scores: LearnedScores;
}

/**
 * Movement pruning: `M = Top_v(S)`, the fraction `v = 1 − s(t)` of highest scores is kept, of each weight (`uniformDistribution()`, the default)
 * or of all (`globalDistribution()`). Masks are made anew at every update of the schedule, and what was pruned may come back. The paper updates
 * them in every step (`frequency: 1`) up to the end of training: see `withCoolDown`.
 *
 * Sanh et al., 2020 (arXiv:2005.07683).
 *
 * @example pruning({ pruner: scorePruner({ scores, schedule: cubicDecay({ finalSparsity: 0.9, end: 0.7, frequency: 10 }) }) });
 */
export function scorePruner({ scores, ...options }: ScorePrunerOptions): Pruner {
  const { targets, saliency: copied } = scores;
  // Not a copy: regrow, alone of the rules, writes to no scores.
  const saliency = Object.assign(({ path }: ScoredWeight) => scores.of(path), { config: copied.config });
  return pruner({ ...options, targets, saliency, rule: regrow, maskKind: 'latent' });
}
