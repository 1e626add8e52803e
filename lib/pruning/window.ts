import { UserError } from '../core/errors';

/** When masks change, in optimizer steps. */
export interface StepWindow {
  /** First step at which weights are pruned. Default 0. */
  readonly beginStep?: number;
  /** Last step at which the mask changes; the final sparsity is reached exactly there. */
  readonly endStep: number;
  /** A fraction: see {@link FractionWindow}. */
  readonly begin?: never;
  /** A fraction: see {@link FractionWindow}. */
  readonly end?: never;
}

/** When masks change, in fractions of a run's steps, from 0 to 1; `round(fraction · totalSteps)` is the step. */
export interface FractionWindow {
  /** Where weights are first pruned. Default 0. */
  readonly begin?: number;
  /** Where the mask changes for the last time; the final sparsity is reached exactly there. */
  readonly end: number;
  /** A step: see {@link StepWindow}. */
  readonly beginStep?: never;
  /** A step: see {@link StepWindow}. */
  readonly endStep?: never;
}

export type Window = StepWindow | FractionWindow;

/** First and last step at which masks change. */
export interface Steps {
  /** Of the optimizer, from 0. */
  readonly beginStep: number;
  /** At least `beginStep`; masks change there for the last time. */
  readonly endStep: number;
}

/**
 * The steps of a window: at once, or, where it is in fractions, when the length of the run is known.
 *
 * @throws UserError for a window in both, steps that are no whole numbers, fractions outside [0, 1], and an end before the beginning.
 */
export function stepsOf(window: Window): Steps | ((totalSteps: number) => Steps) {
  const given = Object.entries(window).filter(([, value]) => value !== undefined);
  const names = given.map(([name]) => name);
  const [steps, fractions] = [
    ['beginStep', 'endStep'],
    ['begin', 'end'],
  ].map((pair) => names.filter((name) => pair.includes(name))) as [string[], string[]];
  if (steps.length > 0 && fractions.length > 0) {
    throw new UserError(
      'Expected a schedule in steps (beginStep, endStep) or in fractions of the run (begin, end), got ' +
        `${[...steps, ...fractions].join(' and ')}; choose one of the two.`,
    );
  }
  return fractions.length > 0 ? fractionsOf(window as FractionWindow) : wholeStepsOf(window as StepWindow);
}

function wholeStepsOf({ beginStep = 0, endStep }: StepWindow): Steps {
  expectWhole('beginStep', beginStep, 0);
  expectWhole('endStep', endStep, 0);
  if (endStep < beginStep) {
    throw new UserError(`Expected endStep of at least beginStep (${beginStep}), got ${endStep}.`);
  }
  return { beginStep, endStep };
}

function fractionsOf({ begin = 0, end }: FractionWindow): (totalSteps: number) => Steps {
  expectFraction('begin', begin);
  expectFraction('end', end);
  if (end < begin) throw new UserError(`Expected an end of at least begin (${begin}), got ${end}.`);
  return (totalSteps) => ({
    beginStep: Math.round(begin * totalSteps),
    endStep: Math.round(end * totalSteps),
  });
}

/** @throws UserError for what is no whole number, or too small. */
export function expectWhole(name: string, value: number, least: number): void {
  if (Number.isInteger(value) && value >= least) return;
  throw new UserError(`Expected ${name} as a whole number of at least ${least}, got ${value}.`);
}

/** @throws UserError for what is no fraction of a run. */
export function expectFraction(name: string, value: number): void {
  if (value >= 0 && value <= 1) return;
  throw new UserError(
    `Expected ${name} as a fraction of the run, from 0 to 1, got ${value}; for a step write ${name}Step.`,
  );
}
