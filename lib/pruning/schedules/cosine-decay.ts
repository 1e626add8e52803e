import { ramp, RampOptions, RelativeSchedule, Schedule } from '../schedule';
import type { FractionWindow, StepWindow, Window } from '../window';

/**
 * Slow at both ends: `s(t) = f + (i − f) (1 + cos πp) / 2`, with progress `p = (t − beginStep) / (endStep − beginStep)`, `i` the initial and
 * `f` the final sparsity; `i` before `beginStep`, `f` from `endStep` on.
 *
 * The annealing of Loshchilov & Hutter, 2017 (arXiv:1608.03983), of the share that is still to be pruned.
 *
 * @throws UserError as `polynomialDecay` does.
 *
 * @example
 * const schedule = cosineDecay({ finalSparsity: 0.8, begin: 0.1, end: 0.7 });
 * schedule.over(1000)(400); // 0.4
 */
export function cosineDecay(options: RampOptions & StepWindow): Schedule;
export function cosineDecay(options: RampOptions & FractionWindow): RelativeSchedule;
export function cosineDecay(options: RampOptions & Window): Schedule | RelativeSchedule {
  return ramp({ name: 'cosineDecay' }, options, (progress, initial, final) => {
    return final + ((initial - final) * (1 + Math.cos(Math.PI * progress))) / 2;
  });
}
