import { configured } from '../core/config';
import { UserError } from '../core/errors';
import { overSteps, RelativeSchedule, Schedule } from './schedule';
import { expectFraction, expectWhole } from './window';

/** How long masks change on after a schedule has reached its sparsity. */
export type CoolDownOptions = {
  /** Steps between two updates in the cool-down. Default 1. */
  readonly frequency?: number;
} & (
  | {
      /** Where masks change for the last time, as a fraction of the run. */
      readonly end: number;
      /** Instead of `end`, not beside it. */
      readonly endStep?: never;
    }
  | {
      /** The last optimizer step at which masks change. */
      readonly endStep: number;
      /** Instead of `endStep`, not beside it. */
      readonly end?: never;
    }
);

/**
 * A schedule with a cool-down: the same sparsities, and masks that are made anew up to a later end, for methods whose scores go on
 * learning when nothing more is pruned (movement pruning, SMP).
 *
 * @throws UserError for an end before the schedule's own, which is known in fractions of the run only when its length is.
 *
 * @example withCoolDown(cubicDecay({ finalSparsity: 0.9, begin: 0.1, end: 0.7, frequency: 10 }), { end: 1, frequency: 10 });
 */
export function withCoolDown(
  schedule: Schedule,
  options: CoolDownOptions & { readonly endStep: number },
): Schedule;
export function withCoolDown(
  schedule: Schedule | RelativeSchedule,
  options: CoolDownOptions,
): Schedule | RelativeSchedule;
export function withCoolDown(
  schedule: Schedule | RelativeSchedule,
  { frequency = 1, end, endStep }: CoolDownOptions,
): Schedule | RelativeSchedule {
  expectWhole('frequency', frequency, 1);
  if (endStep !== undefined) expectWhole('endStep', endStep, 0);
  else expectFraction('end', end);
  const own = { schedule, frequency, end, endStep };
  const over = (totalSteps: number): Schedule =>
    cooledDown(overSteps(schedule, totalSteps), endStep ?? Math.round(end! * totalSteps), frequency);
  if (endStep !== undefined && !('over' in schedule)) return configured(over(0), 'withCoolDown', own);
  return configured({ over }, 'withCoolDown', own);
}

function cooledDown(schedule: Schedule, endStep: number, frequency: number): Schedule {
  if (endStep < schedule.endStep) {
    throw new UserError(
      `Expected a cool-down that ends at step ${schedule.endStep}, where its schedule does, or later, got ${endStep}.`,
    );
  }
  const isCooling = (step: number) =>
    step > schedule.endStep && step < endStep && (step - schedule.endStep) % frequency === 0;
  const shouldUpdate = (step: number) => step === endStep || schedule.shouldUpdate(step) || isCooling(step);
  return Object.assign((step: number) => schedule(step), {
    ...{ beginStep: schedule.beginStep, endStep, shouldUpdate },
  });
}
