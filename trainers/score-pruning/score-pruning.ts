import type * as tf from '@tensorflow/tfjs';
import type { Configured } from '../../lib/core/config';
import type { RelativeSchedule, Schedule } from '../../lib/pruning/schedule';
import type { LearnedScores } from '../../lib/pruning/scores/learned-scores';
import type { Callback } from '../callback';

/** A way of pruning by scores that are trained: `movementPruning`, `softMovementPruning`, `staticPruning`. */
export interface ScorePruning extends Configured {
  /**
   * Gives a model scores, before its parameters are made.
   *
   * @param schedule when masks are made, and how much is pruned then.
   * @throws UserError as `learnedScores` does.
   */
  attach(model: tf.LayersModel, schedule: Schedule | RelativeSchedule): AttachedScores;
}

/** A model that is ready to be pruned by its scores. */
export interface AttachedScores {
  /** Freed by `detach`. */
  readonly scores: LearnedScores;
  /** For the training, all of them. */
  readonly callbacks: readonly Callback[];
  /** Takes the scores off and frees them; masks, hard when the training has ended, stay. */
  detach(): void;
}
