import type { Stats } from '../../lib/pruning/weight-statistics';
import type { CallbackState, Training } from '../callback';
import type { Parameter } from '../parameters';

/** Where what a saliency needs to know comes from. */
export interface Gatherer {
  /**
   * @param updatesNow whether masks are made before the first step.
   * @throws UserError where there would be nothing to score by.
   */
  begin(training: Training, targets: readonly Parameter[], updatesNow: boolean): void;
  /** The gradients of a step are there, and the weights that they are of. */
  seeGradients(training: Training): void;
  /** What was gathered of each target, by its path, for the weights as they are now; gathering begins anew. */
  take(training: Training): Promise<(path: string) => Stats>;
  state(): CallbackState;
  restore(state: CallbackState): void;
}
