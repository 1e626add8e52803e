import { identityOf } from '../../lib/core/config';
import { earlyStopping, EarlyStoppingOptions } from '../callbacks/early-stopping';
import { densePhase } from './dense';
import type { Phase } from './phase';
import { runPhases } from './phases';
import type { Outcome, RecipeOptions } from './setup';

export interface FinetuneOptions extends RecipeOptions {
  /** Of the first weights, the order of the data, and dropout. */
  readonly seed: number;
  /** Ends the training where a score does not improve any more, wherever its learning rate is by then; never by default. */
  readonly stopping?: EarlyStoppingOptions;
}

/**
 * Trains a model as it is: the dense baseline of every comparison. Started again in the same folder, it goes on where it was, and
 * returns at once what is finished.
 *
 * @example const [dense] = await finetune({ setup, folder: 'runs/first', seed: 0 });
 */
export function finetune({ seed, stopping, ...options }: FinetuneOptions): Promise<Outcome[]> {
  return runPhases(options, [densePhase(seed, stopping && stoppedBy(stopping))]);
}

const stoppedBy = (stopping: EarlyStoppingOptions): Partial<Phase> => ({
  identity: identityOf(earlyStopping(stopping)),
  callbacks: () => [earlyStopping(stopping)],
});
