import type { InferenceOptions } from '../inference';
import type { Phase } from './phase';
import type { PhaseState } from './phase-state';
import type { Seed } from './seeds';
import type { Outcome, RecipeOptions } from './setup';

export interface PhasesOptions extends RecipeOptions {
  /** How many phases there will be, for people. */
  readonly count: number;
  /** How what was not trained, or was converted, is run for the reported score. */
  readonly inference?: InferenceOptions;
}

/** What a phase has around it. */
export interface PhaseContext {
  readonly options: PhasesOptions;
  seedOf(phase: Phase): Promise<Seed>;
  folderOf(phase: Phase): string;
  /** Where a phase keeps how it ends. */
  stateFile(phase: Phase): string;
  /** Where a phase keeps how it is at its `keepsStep`. */
  stepFile(phase: Phase): string;
  /** How a phase ended. */
  stateAfter(phase: Phase): PhaseState;
  /** Of a phase that was run. */
  outcomeOf(phase: Phase | undefined): Outcome | undefined;
}
