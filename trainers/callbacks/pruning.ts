import { countFlips, MaskSet, sparsityOf } from '../../lib/pruning/mask';
import type { PrunableWeight } from '../../lib/pruning/prune';
import type { Pruner, RunPruner } from '../../lib/pruning/pruner';
import type { Callback, Training } from '../callback';
import type { Parameter } from '../parameters';
import { expectWithin } from '../pruning/expect-within';
import { targetsOf } from '../pruning/targets-of';

export interface PruningOptions {
  /** Decides which weights go, and when. */
  readonly pruner: Pruner;
}

/**
 * Prunes while training: after the optimizer step the pruner may give new masks, which are set at once, so that pruned weights
 * and their moments are 0 from then on. A schedule that begins at step 0 prunes before the first step, and if that step fails, the
 * weights come back. Logs `sparsity/total` (of the targets), `sparsity/<path>` and `mask/flips` at every update.
 *
 * @throws UserError when training begins, for a schedule that ends after the run or before it starts, targets that are not trained, and
 * a model without any.
 */
export function pruning({ pruner }: PruningOptions): Callback {
  let begun = false;
  let active: RunPruner;
  let targets: readonly Parameter[];
  let undo: (() => void) | undefined; // until the first step is done
  return {
    name: 'pruning',
    onTrainBegin(training) {
      active = pruner.over(training.totalSteps);
      expectWithin(active.schedule, training, begun);
      targets = targetsOf(training, pruner);
      if (begun) return;
      if (active.schedule.shouldUpdate(training.step)) undo = remember(training, targets);
      update(training, targets, active);
      begun = true;
    },
    onStepEnd(training) {
      undo = undefined;
      update(training, targets, active);
    },
    onTrainEnd() {
      undo = undefined;
    },
    state: () => ({ values: { begun } }),
    restore({ values }) {
      begun = (values as { begun: boolean }).begun;
    },
    dispose() {
      undo?.();
      undo = undefined;
    },
  };
}

/** Copies weights and masks; returns how to put them back. */
function remember({ parameters }: Training, targets: readonly Parameter[]): () => void {
  const before = targets.map((target) => [target, target.weights.slice(), target.mask?.slice()] as const);
  return () => {
    for (const [target, weights, mask] of before) {
      target.setMask(mask);
      target.weights.set(weights);
    }
    parameters.upload();
  };
}

function update(training: Training, targets: readonly Parameter[], { schedule, update }: RunPruner): void {
  if (!schedule.shouldUpdate(training.step)) return;
  const before = masksOf(targets);
  const masks = update(
    training.step,
    new Map(targets.map((target) => [target.path, prunable(target)])),
    before,
  );
  if (!masks) return;
  for (const [path, mask] of masks) training.parameters.setMask(path, mask);
  log(training, masks, countFlips(before, masks));
}

/** A copy: `setMask` may change a mask in place. */
function masksOf(targets: readonly Parameter[]): MaskSet {
  return new Map(targets.flatMap(({ path, mask }) => (mask ? [[path, mask.slice()] as const] : [])));
}

function prunable({ weights, gradient, variable }: Parameter): PrunableWeight {
  return { data: weights, shape: variable.shape, gradient };
}

function log(training: Training, masks: MaskSet, flips: number): void {
  training.log('sparsity/total', sparsityOf(masks));
  for (const [path, mask] of masks) training.log(`sparsity/${path}`, sparsityOf(new Map([[path, mask]])));
  training.log('mask/flips', flips);
}
