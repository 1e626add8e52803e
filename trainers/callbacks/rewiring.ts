import { configured } from '../../lib/core/config';
import { UserError } from '../../lib/core/errors';
import { countFlips, countPruned } from '../../lib/pruning/mask';
import { masksOfWeights } from '../../lib/pruning/model-masks';
import type { DropFraction } from '../../lib/pruning/rewiring/drop-fraction';
import { rewire } from '../../lib/pruning/rewiring/rewire';
import type { Rewiring } from '../../lib/pruning/rewiring/rewiring';
import type { Callback, Training } from '../callback';
import type { Parameter } from '../parameters';
import { expectSamePlan, StepPlan } from '../pruning/expect-same-plan';

/**
 * Sparse training: moves the zeros of all weights under hard masks while training, each weight's own; how many there are stays, exactly. Masks
 * come from a pruning at the beginning, listed before it. At an update the smallest weights of a step go and others come back, by the gradient
 * of that step, which is there for pruned weights too; they come back as 0, with moments of 0, and the step is taken. (The papers' code leaves
 * that step out.) Logs `rewiring/fraction` and `mask/flips` at every update.
 *
 * Zeros move one by one: groups that a pattern made (`nOfM`, `blocks`) do not hold.
 *
 * @throws UserError when training begins, for a model without hard masks, a run that ends before the first update, and for the checkpoint of a run of another length.
 *
 * @example
 * const sparse = pruner({ schedule: oneShot({ finalSparsity: 0.9 }), saliency: randomSaliency(0) });
 * const callbacks = [pruning({ pruner: sparse }), rewiring(rigl({ every: 100 }))];
 */
export function rewiring(by: Rewiring): Callback {
  let active: DropFraction;
  let before: StepPlan | undefined; // of the checkpoint
  const planOf = () => ({ endStep: active.endStep });
  const callback: Callback = {
    name: 'rewiring',
    countsFrom: ({ totalSteps }) => by.over(totalSteps).endStep,
    onTrainBegin(training) {
      active = by.over(training.totalSteps);
      if (before) expectSamePlan(before, planOf());
      if (isNeverDue(active)) throw nothingDue(active, training);
      if (maskedOf(training).length === 0) throw noMasks(training);
    },
    onGradients(training) {
      if (!active.isDue(training.step)) return;
      const fraction = active.at(training.step);
      const targets = maskedOf(training);
      const masks = masksOfWeights(targets);
      targets.forEach((target) => move(target, by, fraction, training.step));
      training.log('rewiring/fraction', fraction);
      training.log('mask/flips', countFlips(masks, masksOfWeights(targets)));
    },
    state: () => ({ values: planOf() }),
    restore({ values }) {
      before = values as StepPlan;
    },
  };
  return configured(callback, 'rewiring', { by });
}

const maskedOf = ({ parameters }: Training) => parameters.list.filter(({ mask }) => mask !== undefined);

function move(parameter: Parameter, by: Rewiring, fraction: number, step: number): void {
  const { path, weights: data, gradient } = parameter;
  const mask = parameter.mask!;
  const count = Math.floor(fraction * (mask.length - countPruned(mask)));
  const growth = by.growth({ path, gradient, step });
  parameter.setMask(rewire({ path, data, mask }, growth, count));
}

function isNeverDue({ endStep, isDue }: DropFraction): boolean {
  for (let step = 0; step < endStep; step++) if (isDue(step)) return false;
  return true;
}

function nothingDue({ endStep }: DropFraction, { totalSteps }: Training): UserError {
  return new UserError(
    `Expected a step at which zeros move, got none before step ${endStep} of the ${totalSteps} of the run; choose a smaller \`every\`, or a later \`end\`.`,
  );
}

function noMasks({ model }: Training): UserError {
  return new UserError(
    `Expected hard masks in "${model.name}" whose zeros can move, got none; let it be pruned at step 0 before: ` +
      'callbacks: [pruning({ pruner: pruner({ schedule: oneShot({ finalSparsity: 0.9 }) }) }), rewiring(…)].',
  );
}
