import { UserError } from '../lib/core/errors';
import { readHost } from '../lib/core/host-tensor';
import { weightsOf } from '../lib/core/weights';
import { sumOfSquares } from '../lib/wasm/kernels';
import type { Training } from './callback';

/*
 * Training that has gone wrong for good. A loss says so of the weights that it was computed with; those after the last step, and those that
 * a checkpoint keeps, have had none yet.
 */

/** @throws UserError if the last step's loss is not finite. */
export function expectFiniteLoss(training: Training): void {
  if (Number.isFinite(training.loss)) return;
  throw diverged(training, `The loss is ${training.loss} at step ${training.step + 1}`);
}

/** @throws UserError if a weight of the model is not finite, one that layers change themselves included. */
export async function expectFiniteWeights(training: Training): Promise<void> {
  for (const { path, weights } of training.parameters.list) {
    if (!Number.isFinite(sumOfSquares(weights))) throw notFinite(training, path);
  }
  const trained = new Set(training.parameters.list.map(({ variable }) => variable));
  for (const { path, variable } of weightsOf(training.model)) {
    if (trained.has(variable) || variable.dtype !== 'float32') continue;
    const { data } = await readHost(variable);
    if (!(data as Float32Array).every(Number.isFinite)) throw notFinite(training, path);
  }
}

/** @throws UserError if the last step was evaluated, and its dev loss is not finite. */
export function expectFiniteScore(training: Training): void {
  const last = training.evaluations.at(-1);
  if (last?.step !== training.step || Number.isFinite(last.metrics['loss'])) return;
  throw diverged(training, `The dev loss is ${last.metrics['loss']} after step ${last.step}`);
}

function notFinite(training: Training, path: string): UserError {
  return diverged(training, `The weight "${path}" is not finite after step ${training.step}`);
}

function diverged({ totalSteps, learningRate }: Training, what: string): UserError {
  return new UserError(
    `${what} of ${totalSteps} (learning rate ${learningRate}): try a smaller learning rate, a longer warm-up or clipNorm 1, and look ` +
      'for NaN in the inputs and labels; what was written until here is kept.',
  );
}
