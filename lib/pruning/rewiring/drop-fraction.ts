import { UserError } from '../../core/errors';
import { expectFraction, expectWhole } from '../window';

/** When zeros move, and how many: options of {@link rigl}. */
export interface DropOptions {
  /** Share of the weights that are kept which goes and comes at an update, above 0 and below 1. Default 0.3. */
  readonly fraction?: number;
  /** Optimizer steps between two updates. Default 100. */
  readonly every?: number;
  /** Up to where there are updates, as a fraction of the run. */
  readonly end?: number;
}

/** When zeros of a run move, and how many. */
export interface DropFraction {
  /** Steps before which there are updates: the first is after `every` steps. */
  readonly endStep: number;
  /** Whether zeros move at the step that follows so many finished ones. */
  isDue(step: number): boolean;
  /** Share of the weights that are kept. */
  at(step: number): number;
}

/**
 * `α/2 (1 + cos(π t / T_end))`: many weights at first, few towards the end. Dettmers & Zettlemoyer, 2019 (arXiv:1907.04840); Evci et al., 2020
 * (arXiv:1911.11134).
 */
export const cosineAnnealed = (fraction: number, step: number, endStep: number): number =>
  (fraction / 2) * (1 + Math.cos((Math.PI * step) / endStep));

/** The same share at every update. */
export const unchanging = (fraction: number): number => fraction;

/** @throws UserError for options out of their range. */
export function expectDrop({ fraction, every, end }: Required<DropOptions>): void {
  expectWhole('every', every, 1);
  expectFraction('end', end);
  if (fraction > 0 && fraction < 1) return;
  throw new UserError(`Expected a fraction of kept weights above 0 and below 1 to move, got ${fraction}.`);
}

/** The updates of a run. @param shape what becomes of the fraction on the way to the end. */
export function dropFraction(
  { fraction, every, end }: Required<DropOptions>,
  totalSteps: number,
  shape: (fraction: number, step: number, endStep: number) => number,
): DropFraction {
  const endStep = Math.round(end * totalSteps);
  return {
    endStep,
    isDue: (step) => step > 0 && step < endStep && step % every === 0,
    at: (step) => shape(fraction, step, endStep),
  };
}
