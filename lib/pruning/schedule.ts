import { UserError } from '../core/errors';

/**
 * How much is pruned, and when the mask is computed anew: two questions, kept apart. Called with an optimizer step, a schedule
 * gives the target sparsity, a fraction in [0, 1) of all weights of the target.
 */
export interface Schedule {
  (step: number): number;
  /** Whether masks are updated at this step: every `frequency` steps from `beginStep`, and always at `endStep`. */
  shouldUpdate(step: number): boolean;
}

/** When masks are updated. Steps are optimizer steps. */
export interface CadenceOptions {
  /** First step at which weights are pruned. Default 0. */
  readonly beginStep?: number;
  /** Last step at which the mask changes; the final sparsity is reached exactly there. */
  readonly endStep: number;
  /** Steps between two updates of the mask, counted from `beginStep`. Default 100. */
  readonly frequency?: number;
}

export interface RampOptions extends CadenceOptions {
  /** Sparsity up to `beginStep`, a fraction in [0, 1). Default 0. */
  readonly initialSparsity?: number;
  /** Sparsity from `endStep` on, a fraction in [0, 1). */
  readonly finalSparsity: number;
}

export interface PolynomialDecayOptions extends RampOptions {
  /** Exponent of the decay, above 0. Default 3. */
  readonly power?: number;
}

export interface ConstantSparsityOptions extends CadenceOptions {
  /** Sparsity from `beginStep` on, a fraction in [0, 1). */
  readonly finalSparsity: number;
}

export interface OneShotOptions {
  /** Sparsity from `beginStep` on, a fraction in [0, 1). */
  readonly finalSparsity: number;
  /** The step at which everything is pruned. Default 0. */
  readonly beginStep?: number;
}

/**
 * Gradual pruning: `s(t) = f + (i - f) (1 - p)^power`, with progress `p = (t - beginStep) / (endStep - beginStep)` clamped to
 * [0, 1], `i` the initial and `f` the final sparsity. So `i` before `beginStep`, `f` from `endStep` on; with
 * `beginStep == endStep` a step function.
 *
 * Unlike in tfmot, `endStep` is always an update, so that the final sparsity is reached whatever the frequency.
 *
 * Zhu & Gupta, "To prune, or not to prune", 2017 (arXiv:1710.01878), with power 3.
 *
 * @throws UserError for a sparsity outside [0, 1), `finalSparsity < initialSparsity`, `endStep < beginStep`, steps or a
 * frequency that are no whole numbers, or a power that is not positive.
 *
 * @example
 * const schedule = polynomialDecay({ finalSparsity: 0.9, endStep: 100, power: 3 });
 * schedule(50); // 0.7875
 */
export function polynomialDecay(options: PolynomialDecayOptions): Schedule {
  const { initialSparsity = 0, finalSparsity, beginStep = 0, endStep, power = 3 } = options;
  checkSparsity('initialSparsity', initialSparsity);
  checkSparsity('finalSparsity', finalSparsity);
  if (finalSparsity < initialSparsity) {
    throw new UserError(
      `Expected finalSparsity of at least initialSparsity (${initialSparsity}), got ${finalSparsity}.`,
    );
  }
  if (!(power > 0)) throw new UserError(`Expected a power above 0, got ${power}.`);
  const sparsity = (step: number) => {
    if (step < beginStep) return initialSparsity;
    if (step >= endStep) return finalSparsity;
    const progress = (step - beginStep) / (endStep - beginStep);
    return finalSparsity + (initialSparsity - finalSparsity) * (1 - progress) ** power;
  };
  return withCadence(sparsity, options);
}

/** `polynomialDecay` with power 3: fast while weights are plenty, slow near the end. */
export function cubicDecay(options: RampOptions): Schedule {
  return polynomialDecay({ ...options, power: 3 });
}

/** `polynomialDecay` with power 1: the same number of weights at every update. */
export function linearDecay(options: RampOptions): Schedule {
  return polynomialDecay({ ...options, power: 1 });
}

/** 0 before `beginStep`, `finalSparsity` from then on, with the mask updated up to `endStep`. */
export function constantSparsity(options: ConstantSparsityOptions): Schedule {
  const { finalSparsity, beginStep = 0 } = options;
  checkSparsity('finalSparsity', finalSparsity);
  return withCadence((step) => (step < beginStep ? 0 : finalSparsity), options);
}

/** 0 before `beginStep`, `finalSparsity` from then on, with one update. */
export function oneShot({ finalSparsity, beginStep = 0 }: OneShotOptions): Schedule {
  return constantSparsity({ finalSparsity, beginStep, endStep: beginStep });
}

function withCadence(sparsity: (step: number) => number, options: CadenceOptions): Schedule {
  const { beginStep = 0, endStep, frequency = 100 } = options;
  checkWhole('beginStep', beginStep, 0);
  checkWhole('endStep', endStep, 0);
  checkWhole('frequency', frequency, 1);
  if (endStep < beginStep) {
    throw new UserError(`Expected endStep of at least beginStep (${beginStep}), got ${endStep}.`);
  }
  const shouldUpdate = (step: number) =>
    step === endStep || (step >= beginStep && step < endStep && (step - beginStep) % frequency === 0);
  return Object.assign((step: number) => sparsity(step), { shouldUpdate });
}

function checkSparsity(name: string, value: number): void {
  if (!(value >= 0 && value < 1)) {
    throw new UserError(
      `Expected ${name} as a fraction of at least 0 and below 1, got ${value}` +
        (value > 1 && value < 100 ? `; for ${value} percent write ${value / 100}.` : '.'),
    );
  }
}

function checkWhole(name: string, value: number, least: number): void {
  if (!Number.isInteger(value) || value < least) {
    throw new UserError(`Expected ${name} as a whole number of at least ${least}, got ${value}.`);
  }
}
