import { ramp, RampOptions, RelativeSchedule, Schedule } from '../schedule';
import type { FractionWindow, StepWindow, Window } from '../window';

/**
 * What is kept decays exponentially: `s(t) = 1 − (1 − i) ((1 − f) / (1 − i))^p`, with progress `p = (t − beginStep) / (endStep − beginStep)`,
 * `i` the initial and `f` the final sparsity; `i` before `beginStep`, `f` from `endStep` on. Every update takes the same share of what
 * is left, as lottery tickets do (`fractionOfRemaining`).
 *
 * The `exponential` schedule of NNCF (Kozlov et al., 2020, arXiv:2002.08679).
 *
 * @throws UserError as `polynomialDecay` does.
 *
 * @example
 * const schedule = exponentialDecay({ finalSparsity: 0.75, endStep: 100 });
 * schedule(50); // 0.5: half is gone, and half of the rest goes
 */
export function exponentialDecay(options: RampOptions & StepWindow): Schedule;
export function exponentialDecay(options: RampOptions & FractionWindow): RelativeSchedule;
export function exponentialDecay(options: RampOptions & Window): Schedule | RelativeSchedule {
  return ramp({ name: 'exponentialDecay' }, options, (progress, initial, final) => {
    return 1 - (1 - initial) * ((1 - final) / (1 - initial)) ** progress;
  });
}
