import type { EarlyStoppingOptions } from '../trainers/callbacks/early-stopping';
import type { Task } from './task';

/** What `--early-stopping` means for a task: its own metric decides, and the best model is what training ends with. */
export const stoppingOf = (
  patience: number | undefined,
  { dataset: { metric } }: Pick<Task, 'dataset'>,
): EarlyStoppingOptions | undefined =>
  patience === undefined ? undefined : { metric, better: 'larger', patience, restoreBest: true };
