import { densePhase } from './dense';
import { runPhases } from './phases';
import type { Outcome, RecipeOptions } from './setup';

export interface FinetuneOptions extends RecipeOptions {
  /** Of the first weights, the order of the data, and dropout. */
  readonly seed: number;
}

/**
 * Trains a model as it is: the dense baseline of every comparison. Started again in the same folder, it goes on where it was, and
 * returns at once what is finished.
 *
 * @example const [dense] = await finetune({ setup, folder: 'runs/first', seed: 0 });
 */
export function finetune({ seed, ...options }: FinetuneOptions): Promise<Outcome[]> {
  return runPhases(options, [densePhase(seed)]);
}
