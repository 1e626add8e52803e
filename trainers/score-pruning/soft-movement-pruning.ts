import { configured } from '../../lib/core/config';
import { Distribution, globalDistribution } from '../../lib/pruning/distribution';
import type { InitialScores } from '../../lib/pruning/scores/initial-scores';
import { learnedScores } from '../../lib/pruning/scores/learned-scores';
import { expectLambda } from '../../lib/pruning/scores/penalty';
import { expectThreshold, thresholdPruner } from '../../lib/pruning/scores/threshold-pruner';
import { pruning } from '../callbacks/pruning';
import { scoreTraining } from '../callbacks/score-training';
import type { ScorePruning } from './score-pruning';

/** Options of {@link softMovementPruning}. */
export interface SoftMovementPruningOptions {
  /** What the learning rate is multiplied by for scores. Default 200. */
  readonly rateFactor?: number;
  /** What scores begin with: 0 in the paper, or `'magnitude'`, for a trained model that is pruned in few steps. Default 0. */
  readonly initial?: InitialScores;
  /** τ at the end, in [0, 1). Default 0.1. */
  readonly threshold?: number;
  /** Weight of the penalty at the end: what decides how much falls below the threshold, and which layers lose it. Default 400. */
  readonly lambda?: number;
  /** How the final sparsity is shared out where it is hit exactly. Default `globalDistribution()`. */
  readonly distribution?: Distribution;
}

/**
 * Soft movement pruning: scores are trained beside the weights, from 0, `W' = W ⊙ 1[σ(S) > τ(t)]`, and a penalty `λ(t) · mean σ(S)` pulls them
 * below the threshold. Both grow along the schedule, and the sparsity is what they make, layer by layer, but no less than the schedule's, by
 * the highest scores of all weights; at its end it is exactly that. End it before the training does, for the rest to recover.
 *
 * Sanh et al., 2020 (arXiv:2005.07683).
 *
 * @throws UserError for a threshold that no sigmoid has, and a lambda that no penalty has.
 *
 * @example softMovementPruning({ lambda: 200 }).attach(model, cubicDecay({ finalSparsity: 0.9, end: 0.8, frequency: 10 }));
 */
export function softMovementPruning(options: SoftMovementPruningOptions = {}): ScorePruning {
  const { rateFactor = 200, initial = 0, threshold = 0.1, lambda = 400 } = options;
  const { distribution = globalDistribution() } = options;
  expectLambda(lambda);
  expectThreshold(threshold);
  const attach: ScorePruning['attach'] = (model, schedule) => {
    const scores = learnedScores(model, { rateFactor, initial, penalized: true });
    const pruner = thresholdPruner({ scores, schedule, threshold, distribution });
    const callbacks = [pruning({ pruner }), scoreTraining({ scores, lambda, schedule })];
    return { scores, callbacks, detach: () => scores.detach() };
  };
  return configured({ attach }, 'softMovementPruning', {
    ...{ rateFactor, initial, threshold, lambda, distribution },
  });
}
