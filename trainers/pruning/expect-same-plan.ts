import { describeDifferences, differences } from '../../lib/core/differences';
import { UserError } from '../../lib/core/errors';

/** Steps that a checkpoint must have in common with the run that goes on from it. */
export type StepPlan = Readonly<Record<string, number>>;

/** @throws UserError for the checkpoint of a run that pruned otherwise: fractions of a longer run are other steps. */
export function expectSamePlan(before: StepPlan, now: StepPlan): void {
  const different = differences(before, now);
  if (different.length === 0) return;
  throw new UserError(
    `The checkpoint is of a run that prunes otherwise: ${describeDifferences(different)}. Start over in another folder.`,
  );
}
