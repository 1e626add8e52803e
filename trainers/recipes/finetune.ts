import type { Outcome, RecipeOptions } from './setup';
import { trainFresh } from './train-fresh';

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
export async function finetune(options: FinetuneOptions): Promise<Outcome[]> {
  const label = { method: 'dense', role: 'baseline', seed: options.seed, index: 0, count: 1 } as const;
  return [await trainFresh(options, label)];
}
