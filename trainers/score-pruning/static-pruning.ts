import type * as tf from '@tensorflow/tfjs';
import { configured } from '../../lib/core/config';
import { weightsOf } from '../../lib/core/weights';
import type { Distribution } from '../../lib/pruning/distribution';
import { expectLambda } from '../../lib/pruning/scores/penalty';
import { freeze } from '../../lib/pruning/scores/freeze';
import type { InitialScores } from '../../lib/pruning/scores/initial-scores';
import { learnedScores } from '../../lib/pruning/scores/learned-scores';
import { scorePruner } from '../../lib/pruning/scores/score-pruner';
import { scoreShares } from '../../lib/pruning/scores/score-shares';
import { classifiersOf } from '../../lib/pruning/targets';
import { pruning } from '../callbacks/pruning';
import { scoreTraining } from '../callbacks/score-training';
import type { ScorePruning } from './score-pruning';

/** Options of {@link staticPruning}. */
export interface StaticPruningOptions {
  /** What the learning rate is multiplied by for scores. Default 400: the paper trains them with 2e-2. */
  readonly rateFactor?: number;
  /** What scores begin with: 0 in the paper, or `'magnitude'`, for a trained model that is pruned in few steps. Default 0. */
  readonly initial?: InitialScores;
  /** Weight of the penalty at the end. Default 400. */
  readonly lambda?: number;
  /** How a sparsity is shared among the weights. Default `scoreShares()`, the paper's SMP-S; `uniformDistribution()` is its SMP-L. */
  readonly distribution?: Distribution;
  /**
   * `trained` (the default), with the learning rate of the training, or `frozen`, as it is. The paper's head is frozen at what it takes from the
   * masked language model, the embeddings of a word for each label; a classifier that begins with random weights has no such words.
   */
  readonly head?: 'trained' | 'frozen';
}

/**
 * Static model pruning (SMP): all weights stay as they were pre-trained, and only scores are trained, from 0: `W' = W ⊙ Top_v(S)`. A model adapts
 * to its task by what is pruned. So a task is a mask, a bit a weight, beside the pre-trained model that all tasks share: `saveMasks` keeps
 * it, and `setMasks(pretrained, loadMasks(file))` is the pruned model, but for a head that was trained.
 *
 * Jiang et al., 2022 (arXiv:2210.06210).
 *
 * @throws UserError for a lambda that no penalty has.
 *
 * @example staticPruning().attach(model, withCoolDown(cubicDecay({ finalSparsity: 0.9, end: 0.7, frequency: 10 }), { end: 1, frequency: 10 }));
 */
export function staticPruning(options: StaticPruningOptions = {}): ScorePruning {
  const { rateFactor = 400, initial = 0, lambda = 400 } = options;
  const { distribution = scoreShares(), head = 'trained' } = options;
  expectLambda(lambda);
  const attach: ScorePruning['attach'] = (model, schedule) => {
    const scores = learnedScores(model, { rateFactor, initial, penalized: true });
    const pruner = scorePruner({ scores, schedule, distribution });
    const callbacks = [pruning({ pruner }), scoreTraining({ scores, lambda, schedule })];
    const heads = head === 'trained' ? headsOf(model) : new Set<string>();
    const thaw = freeze(model, (path) => heads.has(path));
    const detach = () => {
      scores.detach();
      thaw();
    };
    return { scores, callbacks, detach };
  };
  return configured({ attach }, 'staticPruning', {
    ...{ rateFactor, initial, lambda, distribution, head },
  });
}

/** Paths of the weights of the classifiers. */
function headsOf(model: tf.LayersModel): Set<string> {
  const heads = classifiersOf(model);
  return new Set(
    weightsOf(model)
      .filter(({ layer }) => heads.has(layer))
      .map(({ path }) => path),
  );
}
