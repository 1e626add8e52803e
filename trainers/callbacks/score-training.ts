import { configured } from '../../lib/core/config';
import { UserError } from '../../lib/core/errors';
import { masksOfWeights } from '../../lib/pruning/model-masks';
import { overSteps, RelativeSchedule, Schedule } from '../../lib/pruning/schedule';
import type { LearnedScores } from '../../lib/pruning/scores/learned-scores';
import { expectLambda } from '../../lib/pruning/scores/penalty';
import { progressOf } from '../../lib/pruning/scores/threshold-pruner';
import type { Callback } from '../callback';
import { targetsOf } from '../pruning/targets-of';

/** Options of {@link scoreTraining}. */
export interface ScoreTrainingOptions {
  /** Those that the pruner beside has; they stay the caller's. */
  readonly scores: LearnedScores;
  /** λ at the end of the penalty's schedule, at least 0. Default 0: no penalty. */
  readonly lambda?: number;
  /** By which the penalty grows: `λ(t) = λ · s(t) / s(end)`. */
  readonly schedule: Schedule | RelativeSchedule;
}

/**
 * What learned scores need beside the pruner that makes masks of them: the penalty grows along a schedule, and when training ends the latent
 * masks become hard, so that what they prune is exactly 0. Logs `scores/lambda` where there is a penalty.
 *
 * Sanh et al., 2020 (arXiv:2005.07683), whose penalty grows with the threshold.
 *
 * @throws UserError for a lambda that no penalty has, and for a penalty of scores that have none.
 *
 * @example
 * const scores = learnedScores(model, { penalized: true });
 * const callbacks = [pruning({ pruner: thresholdPruner({ scores, schedule }) }), scoreTraining({ scores, lambda: 400, schedule })];
 */
export function scoreTraining({ scores, lambda = 0, schedule }: ScoreTrainingOptions): Callback {
  const { penalty } = scores;
  expectLambda(lambda);
  if (lambda !== 0 && !penalty) {
    throw new UserError(
      `Expected scores with a penalty for a lambda of ${lambda}; make them with penalized: true.`,
    );
  }
  let active: Schedule;
  const callback: Callback = {
    name: 'scores',
    onTrainBegin(training) {
      active = overSteps(schedule, training.totalSteps);
    },
    onStepBegin({ step }) {
      penalty?.set(lambda * progressOf(active, step));
    },
    onStepEnd(training) {
      if (penalty) training.log('scores/lambda', penalty.lambda);
    },
    onTrainEnd(training) {
      const { targets } = targetsOf(training, { targets: scores.targets, needs: [] });
      const masks = masksOfWeights(targets);
      targets.forEach((target) => target.setMask(masks.get(target.path), 'hard'));
    },
  };
  return configured(callback, 'scoreTraining', { scores: scores.saliency, lambda, schedule });
}
