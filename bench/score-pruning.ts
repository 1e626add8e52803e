import type * as tf from '@tensorflow/tfjs';
import { cubicDecay } from '../lib/pruning/schedule';
import type { Training } from '../trainers/callback';
import { movementPruning } from '../trainers/score-pruning/movement-pruning';
import { AttachedScores, ScorePruning } from '../trainers/score-pruning/score-pruning';
import { softMovementPruning } from '../trainers/score-pruning/soft-movement-pruning';
import { staticPruning } from '../trainers/score-pruning/static-pruning';
import type { WorkerOptions } from './sizes';

const METHODS: Partial<Record<WorkerOptions['kind'], () => ScorePruning>> = {
  movement: movementPruning,
  'soft-movement': softMovementPruning,
  smp: staticPruning,
};

/** More steps than are timed: masks are made in every one, in the middle of a schedule. */
const STEPS = 100_000;

/** Scores for a model whose steps are timed with them; undefined for kinds that have none. */
export function scoresFor(kind: WorkerOptions['kind'], model: tf.LayersModel): AttachedScores | undefined {
  const schedule = cubicDecay({ finalSparsity: 0.9, endStep: STEPS, frequency: 1 });
  return METHODS[kind]?.().attach(model, schedule);
}

/** Calls a hook of all callbacks at a step. */
export type Hooks = (hook: 'onStepBegin' | 'onGradients' | 'onStepEnd', step: number) => Promise<void>;

/** The callbacks of a training of which nothing is there but what they read. */
export async function hooksOf(
  { callbacks }: Pick<AttachedScores, 'callbacks'>,
  around: Pick<Training, 'model' | 'parameters' | 'engine'>,
): Promise<Hooks> {
  const at = (step: number): Training => ({
    ...around,
    ...{ step, epoch: 0, totalSteps: STEPS, stepsPerEpoch: STEPS, learningRate: 1e-4 },
    ...{ loss: 0, gradientNorm: 0, accumulated: 1, evaluations: [], metricNames: [], countsFrom: 0 },
    ...{ log: () => undefined, stop: () => undefined, interrupt: () => undefined },
  });
  for (const callback of callbacks) await callback.onTrainBegin?.(at(0));
  return async (hook, step) => {
    for (const callback of callbacks) await callback[hook]?.(at(step));
  };
}
