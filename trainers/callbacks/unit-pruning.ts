import type * as tf from '@tensorflow/tfjs';
import { configured } from '../../lib/core/config';
import { bertConfigOf } from '../../lib/models/bert-config-of';
import { overSteps, RelativeSchedule, Schedule } from '../../lib/pruning/schedule';
import { Choice, ChoiceOptions, chooseUnits } from '../../lib/structure/choose-units';
import { deadUnits } from '../../lib/structure/dead-units';
import { expectScores } from '../../lib/structure/expect-scores';
import type { Importance } from '../../lib/structure/importance';
import { maskUnits } from '../../lib/structure/mask-units';
import { multiplyAdds, scoredCost, UnitCosts } from '../../lib/structure/unit-costs';
import type { Callback, Training } from '../callback';
import { expectSamePlan, StepPlan } from '../pruning/expect-same-plan';
import { expectWithin } from '../pruning/expect-within';
import { remember } from '../pruning/remember';

/** Options of {@link unitPruning}. */
export interface UnitPruningOptions extends Pick<ChoiceOptions, 'perLayer' | 'apart'> {
  /** The share that is gone of what the units cost that have a score. */
  readonly schedule: Schedule | RelativeSchedule;
  /** How important heads and neurons are, asked at every update of the model as it is then. */
  readonly importance: (model: tf.LayersModel) => Importance | Promise<Importance>;
  /** What a head and a neuron cost. Default `multiplyAdds` of 64 tokens. */
  readonly costs?: UnitCosts;
}

/**
 * Prunes heads and neurons of a BERT while it trains: at each update of the schedule the least important go until their share of the cost is gone,
 * exactly chosen (`chooseUnits`), and are masked (`maskUnits`), weights and moments. What is gone stays gone. `shrink(model)` cuts it out after the
 * training. A schedule that begins at step 0 prunes before the first step, and if that step fails, the weights come back. Logs the
 * numbers of what is left as `units/heads` and `units/neurons`, and the share of the cost that is gone as `units/removed`.
 *
 * @throws UserError when training begins, for a model that was not built by `bert`, a schedule that ends after the run or before it starts, and a
 *   checkpoint of a run with another schedule; at an update, for scores that do not fit the model, and as `chooseUnits` does.
 *
 * @example
 * const schedule = cubicDecay({ finalSparsity: 0.5, begin: 0.1, end: 0.7, frequency: 20 });
 * const callbacks = [unitPruning({ schedule, importance: (model) => logitFisher(model, batches) })];
 */
export function unitPruning(options: UnitPruningOptions): Callback {
  const { schedule, importance, costs, perLayer = false, apart = false } = options;
  let begun = false;
  let before: StepPlan | undefined; // of the checkpoint
  let active: Schedule;
  let undo: (() => void) | undefined; // until the first step is done
  const planOf = (): StepPlan => ({ beginStep: active.beginStep, endStep: active.endStep });
  const update = async (training: Training): Promise<void> => {
    if (!active.shouldUpdate(training.step)) return;
    await maskLeast(training, active(training.step), options);
  };
  const callback: Callback = {
    name: 'unitPruning',
    countsFrom: ({ totalSteps }) => overSteps(schedule, totalSteps).endStep,
    async onTrainBegin(training) {
      active = overSteps(schedule, training.totalSteps);
      bertConfigOf(training.model);
      if (before) expectSamePlan(before, planOf());
      expectWithin(active, training, begun);
      if (!begun && active.shouldUpdate(training.step)) {
        undo = remember(training, training.parameters.list);
        await update(training);
      }
      begun = true;
    },
    async onStepEnd(training) {
      undo = undefined;
      await update(training);
    },
    onTrainEnd() {
      undo = undefined;
    },
    state: () => ({ values: { begun, plan: { ...planOf() } } }),
    restore({ values }) {
      const saved = values as unknown as { begun: boolean; plan: StepPlan };
      begun = saved.begun;
      before = saved.plan;
    },
    dispose() {
      undo?.();
      undo = undefined;
    },
  };
  return configured(callback, 'unitPruning', {
    ...{ schedule, importance, perLayer, apart },
    costs: costs && { ...costs },
  });
}

/** Masks the least important units of what is left, until a share of the cost is gone. */
async function maskLeast(training: Training, share: number, options: UnitPruningOptions): Promise<void> {
  const { model, parameters } = training;
  const config = bertConfigOf(model);
  const { costs = multiplyAdds(config, TOKENS), perLayer, apart } = options;
  const importance = expectScores(await options.importance(model), config);
  const whole = scoredCost(importance, costs);
  const gone = deadUnits(model);
  const choice = chooseUnits(importance, costs, (1 - share) * whole, { perLayer, apart, gone });
  maskUnits(model, choice.cut);
  parameters.rebind();
  log(training, choice, whole);
}

const TOKENS = 64;

function log(training: Training, { cut, cost }: Choice, whole: number): void {
  const { heads, intermediateSize } = bertConfigOf(training.model);
  const left = (sizes: readonly number[], gone: Choice['cut']['heads']) =>
    sizes.reduce((sum, size, i) => sum + size - gone[i]!.length, 0);
  training.log('units/heads', left(heads, cut.heads));
  training.log('units/neurons', left(intermediateSize, cut.neurons));
  training.log('units/removed', whole === 0 ? 0 : 1 - cost / whole);
}
