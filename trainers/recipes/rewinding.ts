import { Config, configured } from '../../lib/core/config';
import { expectWhole } from '../../lib/pruning/window';

/**
 * What goes back to an earlier step of the dense training before a pruned model is trained again: the weights, the learning rate, or both.
 * Moments of the optimizer start at 0 in any case.
 */
export interface Rewinding {
  /** How it was made. */
  readonly config: Config;
  /** Step of the dense training whose weights a ticket begins with, 0 for its first ones; undefined: they stay as they were trained. */
  readonly weightsOf?: number;
  /** Step from which learning rate, order of the data and dropout go on: so many fewer are trained. */
  readonly startStep: number;
}

/**
 * Weights go back to a step of the dense training, and the schedule starts anew, so that a ticket is trained for as many steps as the dense
 * model. Step 0, the default, is what the setup's model begins with: random weights, or the pretrained ones where it loads some, with the
 * classifier that the seed has drawn.
 *
 * To step 0: Frankle & Carbin, 2019 (arXiv:1803.03635); to pretrained weights: Chen et al., 2020 (arXiv:2007.12223).
 *
 * @throws UserError for a step that is no whole number.
 */
export const resetWeights = (step = 0): Rewinding =>
  rewinding('resetWeights', step, { weightsOf: step, startStep: 0 });

/**
 * Weights go back to a step of the dense training, and the schedule goes on from there, so that a ticket is trained for the steps that the dense
 * model had from there on. At step 0 the same as `resetWeights`.
 *
 * Frankle et al., 2019, "late resetting" (arXiv:1903.01611) and 2020, "rewinding" (arXiv:1912.05671).
 *
 * @throws UserError for a step that is no whole number.
 */
export const lateResetting = (step: number): Rewinding =>
  rewinding('lateResetting', step, { weightsOf: step, startStep: step });

/**
 * Weights stay as they were trained, and the schedule goes back to a step: 0, the default, is all of it.
 *
 * Renda et al., 2020 (arXiv:2003.02389).
 *
 * @throws UserError for a step that is no whole number.
 */
export const learningRateRewinding = (step = 0): Rewinding =>
  rewinding('learningRateRewinding', step, { startStep: step });

function rewinding(name: string, step: number, what: Omit<Rewinding, 'config'>): Rewinding {
  expectWhole('the step to rewind to', step, 0);
  return configured(what, name, { step });
}
