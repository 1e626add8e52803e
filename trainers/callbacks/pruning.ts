import { configured, Json } from '../../lib/core/config';
import { expectOutputsLast } from '../../lib/pruning/expect-outputs-last';
import { countFlips, kindIn, MaskSet, sparsityOf } from '../../lib/pruning/mask';
import { masksOfWeights } from '../../lib/pruning/model-masks';
import type { PrunableWeight } from '../../lib/pruning/prune';
import type { Pruner, RunPruner } from '../../lib/pruning/pruner';
import type { Stats } from '../../lib/pruning/weight-statistics';
import type { Callback, Training } from '../callback';
import { expectSamePlan, StepPlan } from '../pruning/expect-same-plan';
import { expectWithin } from '../pruning/expect-within';
import { gathererOf } from '../pruning/gatherer-of';
import type { PrunedWeight } from '../pruning/pruned-weight';
import { remember } from '../pruning/remember';
import type { ScoringOptions } from '../pruning/scoring-pass';
import { describeTargets, targetsOf } from '../pruning/targets-of';

/** Options of {@link pruning}. */
export interface PruningOptions {
  /** Decides which weights go, and when. */
  readonly pruner: Pruner;
  /**
   * Data to score the weights on, each time that masks are made, with the weights as they are then. Default none: statistics of gradients
   * are summed over the steps since masks were last made, each with the weights of its moment.
   */
  readonly scoring?: ScoringOptions;
}

/**
 * Prunes while training: after the optimizer step the pruner may give new masks, which are set at once. Under hard masks pruned weights
 * and their moments are 0 from then on, and weights that come back start at 0; under latent ones all weights are trained on. A schedule
 * that begins at step 0 prunes before the first step, and if that step fails, the weights come back. Logs what is pruned and what is not, and
 * why, as `pruning/targets` when training begins; `sparsity/total` (of the targets), `sparsity/<path>` and `mask/flips` at every update.
 *
 * What the pruner's saliency needs is gathered before, and is part of a checkpoint: weights never meet gradients of other weights.
 *
 * @throws UserError for a scoring pass that does not fit the saliency; when training begins, for a schedule that ends after the run or
 * before it starts, or that would score by gradients where there are none yet, targets that are not trained, a model without any, targets that
 * the pattern or the distribution cannot prune so, and a checkpoint of a run with another schedule, as fractions of a longer run are one.
 *
 * @example
 * const schedule = cubicDecay({ finalSparsity: 0.8, begin: 0.1, end: 0.7 });
 * const callbacks = [pruning({ pruner: pruner({ schedule, saliency: taylor }), scoring: { data, batches: 8 } })];
 */
export function pruning({ pruner, scoring }: PruningOptions): Callback {
  const gatherer = gathererOf(pruner.needs, scoring);
  let begun = false;
  let before: StepPlan | undefined; // of the checkpoint
  let active: RunPruner;
  let targets: readonly PrunedWeight[];
  let undo: (() => void) | undefined; // until the first step is done
  const planOf = (): StepPlan => {
    const { beginStep, endStep } = active.schedule;
    return { beginStep, endStep };
  };
  const update = async (training: Training): Promise<void> => {
    if (!active.schedule.shouldUpdate(training.step)) return;
    setMasks(training, targets, active, await gatherer.take(training));
  };
  const callback: Callback = {
    name: 'pruning',
    countsFrom: ({ totalSteps }) => pruner.over(totalSteps).schedule.endStep,
    async onTrainBegin(training) {
      active = pruner.over(training.totalSteps);
      if (before) expectSamePlan(before, planOf());
      expectWithin(active.schedule, training, begun);
      targets = prunableTargets(training, pruner, active, begun);
      const updatesNow = !begun && active.schedule.shouldUpdate(training.step);
      const trained = training.parameters.list.filter((parameter) => targets.includes(parameter));
      gatherer.begin(training, trained, updatesNow);
      if (updatesNow) {
        undo = remember(training, targets);
        await update(training);
      }
      begun = true;
    },
    onGradients(training) {
      if (training.step < active.schedule.endStep) gatherer.seeGradients(training);
    },
    async onStepEnd(training) {
      undo = undefined;
      await update(training);
    },
    onTrainEnd() {
      undo = undefined;
    },
    state() {
      const { values = null, tensors } = gatherer.state();
      return { values: { begun, plan: { ...planOf() }, gathered: values }, tensors };
    },
    restore({ values, tensors }) {
      const saved = values as unknown as { begun: boolean; plan: StepPlan; gathered: Json };
      begun = saved.begun;
      before = saved.plan;
      gatherer.restore({ values: saved.gathered, tensors });
    },
    dispose() {
      undo?.();
      undo = undefined;
    },
  };
  const pass = scoring ? { batches: scoring.batches } : null;
  return configured(callback, 'pruning', { pruner, scoring: pass });
}

/** Finds the targets, and logs them where the run begins. @throws UserError where there are none, or they cannot be pruned so. */
function prunableTargets(
  training: Training,
  pruner: Pruner,
  active: RunPruner,
  begun: boolean,
): readonly PrunedWeight[] {
  const found = targetsOf(training, pruner);
  const paths = found.targets.map(({ path }) => path);
  if (pruner.outputsLast) expectOutputsLast(training.model, paths);
  active.expectPrunable(new Map(found.targets.map(({ path, variable }) => [path, variable.shape])));
  if (!begun) training.log('pruning/targets', describeTargets(found));
  return found.targets;
}

function setMasks(
  training: Training,
  targets: readonly PrunedWeight[],
  { update }: RunPruner,
  statsOf: (path: string) => Stats,
): void {
  const before = masksOfWeights(targets);
  const weights = new Map(targets.map((target) => [target.path, prunable(target, statsOf(target.path))]));
  const masks = update(training.step, weights, before);
  if (!masks) return;
  for (const target of targets) target.setMask(masks.get(target.path), kindIn(masks, target.path));
  log(training, masks, countFlips(before, masks));
}

function prunable({ weights, variable }: PrunedWeight, stats: Stats): PrunableWeight {
  return { data: weights, shape: variable.shape, stats };
}

function log(training: Training, masks: MaskSet, flips: number): void {
  training.log('sparsity/total', sparsityOf(masks));
  for (const [path, mask] of masks) training.log(`sparsity/${path}`, sparsityOf(new Map([[path, mask]])));
  training.log('mask/flips', flips);
}
