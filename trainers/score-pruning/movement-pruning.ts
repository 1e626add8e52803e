import { configured } from '../../lib/core/config';
import { Distribution, uniformDistribution } from '../../lib/pruning/distribution';
import type { InitialScores } from '../../lib/pruning/scores/initial-scores';
import { learnedScores } from '../../lib/pruning/scores/learned-scores';
import { scorePruner } from '../../lib/pruning/scores/score-pruner';
import { pruning } from '../callbacks/pruning';
import { scoreTraining } from '../callbacks/score-training';
import type { ScorePruning } from './score-pruning';

/** Options of {@link movementPruning}. */
export interface MovementPruningOptions {
  /** What the learning rate is multiplied by for scores. Default 200. */
  readonly rateFactor?: number;
  /** What scores begin with: 0 in the paper, or `'magnitude'`, for a trained model that is pruned in few steps. Default 0. */
  readonly initial?: InitialScores;
  /** How a sparsity is shared among the weights. Default `uniformDistribution()`: the highest scores of each weight are kept. */
  readonly distribution?: Distribution;
}

/**
 * Movement pruning: scores are trained beside the weights, from 0, and the highest are kept, `W' = W ⊙ Top_v(S)`. Weights that training moves
 * away from 0 are kept, however small they are.
 *
 * The saliency `movement` is its poor relation: it trains no scores and prunes once and for all.
 *
 * Sanh et al., 2020 (arXiv:2005.07683).
 *
 * @example
 * const { callbacks, detach } = movementPruning().attach(model, cubicDecay({ finalSparsity: 0.9, end: 0.7, frequency: 10 }));
 * await train({ model, callbacks, ... });
 * detach();
 */
export function movementPruning(options: MovementPruningOptions = {}): ScorePruning {
  const { rateFactor = 200, initial = 0, distribution = uniformDistribution() } = options;
  const attach: ScorePruning['attach'] = (model, schedule) => {
    const scores = learnedScores(model, { rateFactor, initial });
    const pruner = scorePruner({ scores, schedule, distribution });
    const callbacks = [pruning({ pruner }), scoreTraining({ scores, schedule })];
    return { scores, callbacks, detach: () => scores.detach() };
  };
  return configured({ attach }, 'movementPruning', { rateFactor, initial, distribution });
}
