import type * as tf from '@tensorflow/tfjs';
import { magnitudePruner } from '../lib/pruning/pruner';
import { cubicDecay } from '../lib/pruning/schedule';
import type { Training } from '../trainers/callback';
import { pruning } from '../trainers/callbacks/pruning';
import { movementPruning } from '../trainers/score-pruning/movement-pruning';
import { AttachedScores, ScorePruning } from '../trainers/score-pruning/score-pruning';
import { softMovementPruning } from '../trainers/score-pruning/soft-movement-pruning';
import { staticPruning } from '../trainers/score-pruning/static-pruning';
import type { WorkerOptions } from './sizes';

/** What prunes, as a model is attached to it. */
type Attach = (model: tf.LayersModel, frequency: number) => Pick<AttachedScores, 'callbacks'>;

const byScores =
  (method: () => ScorePruning): Attach =>
  (model, frequency) =>
    method().attach(model, scheduleOf(frequency));

const byMagnitude: Attach = (_, frequency) => ({
  callbacks: [pruning({ pruner: magnitudePruner({ schedule: scheduleOf(frequency) }) })],
});

const METHODS: Partial<Record<WorkerOptions['kind'], Attach>> = {
  masked: (model) => byMagnitude(model, STEPS),
  pruning: byMagnitude,
  movement: byScores(movementPruning),
  'soft-movement': byScores(softMovementPruning),
  smp: byScores(staticPruning),
};

/** More steps than are timed: masks are made in every one, in the middle of a schedule. */
const STEPS = 100_000;

const scheduleOf = (frequency: number) =>
  cubicDecay({ initialSparsity: 0.5, finalSparsity: 0.9, endStep: STEPS, frequency });

/** What prunes a model whose steps are timed with it; undefined for kinds that prune nothing. */
export const pruningFor = (kind: WorkerOptions['kind'], model: tf.LayersModel) => METHODS[kind]?.(model, 1);

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
