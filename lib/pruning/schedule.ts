import { Config, configured } from '../core/config';
import { UserError } from '../core/errors';
import { expectWhole, FractionWindow, Steps, stepsOf, StepWindow, Window } from './window';

/**
 * How much is pruned, and when the mask is computed anew: two questions, kept apart. Called with an optimizer step, a schedule
 * gives the target sparsity, a fraction in [0, 1) of all weights of the target.
 */
export interface Schedule extends Steps {
  (step: number): number;
  /** How it was made. */
  readonly config?: Config;
  /** Whether masks are updated at this step: every `frequency` steps from `beginStep`, and always at `endStep`. */
  shouldUpdate(step: number): boolean;
}

/** A schedule in fractions of a run: it has no steps before the run's length is known. */
export interface RelativeSchedule {
  /** How it was made. */
  readonly config?: Config;
  /**
   * The schedule in steps.
   *
   * @param totalSteps the step at which the run ends, those before its `startStep` counted.
   */
  over(totalSteps: number): Schedule;
}

/** How often masks are updated. */
export interface CadenceOptions {
  /** Steps between two updates of the mask, counted from the first. Default 100. */
  readonly frequency?: number;
}

/** From which sparsity to which a schedule leads. */
export interface RampOptions extends CadenceOptions {
  /** Sparsity before the schedule begins, a fraction in [0, 1). Default 0. */
  readonly initialSparsity?: number;
  /** Sparsity from its end on, a fraction in [0, 1). */
  readonly finalSparsity: number;
}

/** Options of {@link polynomialDecay}, beside when. */
export interface PolynomialDecayOptions extends RampOptions {
  /** Exponent of the decay, above 0. Default 3. */
  readonly power?: number;
}

/** Options of {@link constantSparsity}, beside when. */
export interface ConstantSparsityOptions extends CadenceOptions {
  /** Sparsity from the schedule's beginning on, a fraction in [0, 1). */
  readonly finalSparsity: number;
}

/** When everything is pruned: at a step (default 0), or at a fraction of the run. */
export type PruningMoment =
  | {
      /** The optimizer step. Default 0. */
      readonly beginStep?: number;
      /** Instead of `beginStep`, not beside it. */
      readonly begin?: never;
    }
  | {
      /** The fraction of the run, from 0 to 1. */
      readonly begin: number;
      /** Instead of `begin`, not beside it. */
      readonly beginStep?: never;
    };

/** Of one update. */
export type OneShotOptions = Pick<ConstantSparsityOptions, 'finalSparsity'> & PruningMoment;

/**
 * Gradual pruning: `s(t) = f + (i - f) (1 - p)^power`, with progress `p = (t - beginStep) / (endStep - beginStep)` clamped to
 * [0, 1], `i` the initial and `f` the final sparsity. So `i` before `beginStep`, `f` from `endStep` on; with
 * `beginStep == endStep` a step function.
 *
 * In steps, or in fractions of the run (`begin`, `end`), which become steps when training begins.
 *
 * Unlike in tfmot, `endStep` is always an update, so that the final sparsity is reached whatever the frequency.
 *
 * Zhu & Gupta, "To prune, or not to prune", 2017 (arXiv:1710.01878), with power 3.
 *
 * @throws UserError for a sparsity outside [0, 1), `finalSparsity < initialSparsity`, an end before the beginning, steps or a
 * frequency that are no whole numbers, fractions of the run outside [0, 1], both steps and fractions, or a power that is not positive.
 *
 * @example
 * const schedule = polynomialDecay({ finalSparsity: 0.9, endStep: 100, power: 3 });
 * schedule(50); // 0.7875
 * const relative = polynomialDecay({ finalSparsity: 0.9, begin: 0.1, end: 0.7 });
 * relative.over(1000)(700); // 0.9
 */
export function polynomialDecay(options: PolynomialDecayOptions & StepWindow): Schedule;
export function polynomialDecay(options: PolynomialDecayOptions & FractionWindow): RelativeSchedule;
export function polynomialDecay(options: PolynomialDecayOptions & Window): Schedule | RelativeSchedule {
  const { power = 3 } = options;
  if (!(power > 0 && power < Infinity)) throw new UserError(`Expected a power above 0, got ${power}.`);
  return ramp({ name: 'polynomialDecay', power }, options, (progress, initial, final) => {
    return final + (initial - final) * (1 - progress) ** power;
  });
}

/** `polynomialDecay` with power 3: fast while weights are plenty, slow near the end. */
export function cubicDecay(options: RampOptions & StepWindow): Schedule;
export function cubicDecay(options: RampOptions & FractionWindow): RelativeSchedule;
export function cubicDecay(options: RampOptions & Window): Schedule | RelativeSchedule {
  return polynomialDecay({ ...options, power: 3 } as PolynomialDecayOptions & StepWindow);
}

/** `polynomialDecay` with power 1: the same number of weights at every update. */
export function linearDecay(options: RampOptions & StepWindow): Schedule;
export function linearDecay(options: RampOptions & FractionWindow): RelativeSchedule;
export function linearDecay(options: RampOptions & Window): Schedule | RelativeSchedule {
  return polynomialDecay({ ...options, power: 1 } as PolynomialDecayOptions & StepWindow);
}

/** 0 before the beginning, `finalSparsity` from then on, with the mask updated up to the end. */
export function constantSparsity(options: ConstantSparsityOptions & StepWindow): Schedule;
export function constantSparsity(options: ConstantSparsityOptions & FractionWindow): RelativeSchedule;
export function constantSparsity(options: ConstantSparsityOptions & Window): Schedule | RelativeSchedule {
  const { finalSparsity } = options;
  expectSparsity('finalSparsity', finalSparsity);
  return scheduled(
    { name: 'constantSparsity', finalSparsity },
    options,
    ({ beginStep }) =>
      (step) =>
        step < beginStep ? 0 : finalSparsity,
  );
}

/** 0 before its moment, `finalSparsity` from then on, with one update. */
export function oneShot(options: OneShotOptions & { readonly begin?: never }): Schedule;
export function oneShot(options: OneShotOptions & { readonly begin: number }): RelativeSchedule;
export function oneShot(options: OneShotOptions): Schedule | RelativeSchedule {
  const { finalSparsity, begin, beginStep } = options;
  const window =
    begin === undefined ? { beginStep, endStep: beginStep ?? 0 } : { begin, end: begin, beginStep };
  return constantSparsity({ finalSparsity, ...window } as ConstantSparsityOptions & StepWindow);
}

/**
 * The sparsity on the way from the initial to the final one.
 *
 * @param progress of the schedule, above 0 and below 1.
 */
export type Curve = (progress: number, initial: number, final: number) => number;

/**
 * A schedule that goes along a curve from the initial sparsity, which it has before `beginStep`, to the final one, which it has from
 * `endStep` on.
 *
 * @param own its name, and options of its own.
 * @throws UserError as `polynomialDecay` does.
 */
export function ramp(
  own: { readonly name: string; readonly power?: number },
  options: RampOptions & Window,
  curve: Curve,
): Schedule | RelativeSchedule {
  const { initialSparsity: initial = 0, finalSparsity: final } = options;
  expectSparsity('initialSparsity', initial);
  expectSparsity('finalSparsity', final);
  if (final < initial) {
    throw new UserError(`Expected finalSparsity of at least initialSparsity (${initial}), got ${final}.`);
  }
  const all = { initialSparsity: initial, finalSparsity: final, ...own };
  return scheduled(all, options, ({ beginStep, endStep }) => (step) => {
    if (step >= endStep) return final;
    if (step <= beginStep) return initial;
    return curve((step - beginStep) / (endStep - beginStep), initial, final);
  });
}

/** A schedule of what a window's steps say, now or when they are known. @param own its name, and options of its own. */
function scheduled(
  { name, ...own }: { readonly name: string; readonly finalSparsity: number },
  { frequency = 100, beginStep, endStep, begin, end }: CadenceOptions & Window,
  sparsity: (steps: Steps) => (step: number) => number,
): Schedule | RelativeSchedule {
  expectWhole('frequency', frequency, 1);
  const steps = stepsOf({ beginStep, endStep, begin, end } as Window);
  const over = (known: Steps): Schedule => withCadence(sparsity(known), known, frequency);
  if (typeof steps !== 'function') return configured(over(steps), name, { ...own, frequency, ...steps });
  const relative = { over: (totalSteps: number) => over(steps(totalSteps)) };
  return configured(relative, name, { ...own, frequency, begin: begin ?? 0, end });
}

function withCadence(sparsity: (step: number) => number, steps: Steps, frequency: number): Schedule {
  const { beginStep, endStep } = steps;
  const shouldUpdate = (step: number) =>
    step === endStep || (step >= beginStep && step < endStep && (step - beginStep) % frequency === 0);
  return Object.assign(sparsity, { ...steps, shouldUpdate });
}

/** A schedule in steps, whichever it was. */
export function overSteps(schedule: Schedule | RelativeSchedule, totalSteps: number): Schedule {
  return 'over' in schedule ? schedule.over(totalSteps) : schedule;
}

function expectSparsity(name: string, value: number): void {
  if (!(value >= 0 && value < 1)) {
    throw new UserError(
      `Expected ${name} as a fraction of at least 0 and below 1, got ${value}` +
        (value > 1 && value < 100 ? `; for ${value} percent write ${value / 100}.` : '.'),
    );
  }
}
