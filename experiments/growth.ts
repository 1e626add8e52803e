import { UserError } from '../lib/core/errors';
import type { RunConfig, Value } from './run-config';

/** An option that differs between a run that is there and a command. */
export interface Difference {
  readonly name: string;
  readonly there: Value | undefined;
  readonly here: Value | undefined;
}

/** A value as it is given. */
export const shown = (value: Value | undefined): string => [value ?? '–'].flat().join(' ');

/** Whether the command asks for all that is there, and more: a larger number, or further values after the same ones. */
export function isMore({ there, here }: Difference): boolean {
  if (typeof there === 'number' && typeof here === 'number') return here > there;
  if (!Array.isArray(there) || !Array.isArray(here)) return false;
  return here.length > there.length && there.every((value, i) => value === here[i]);
}

/**
 * Whether a command asks for all that a run has, and for more.
 *
 * @param grows names of options of which there may be more.
 * @throws UserError where it is one of those that differs, and the command asks for less.
 */
export function hasGrown(
  folder: string,
  differences: readonly Difference[],
  grows: readonly string[],
): boolean {
  if (differences.some(({ name }) => !grows.includes(name))) return false;
  const less = differences.find((difference) => !isMore(difference));
  if (!less) return differences.length > 0;
  throw new UserError(
    `Expected --${less.name} ${shown(less.there)} or more, as ${folder} has it, got ${shown(less.here)}; choose another --out, or start over with --force.`,
  );
}

/** What a run that has grown differed in from what it is now, each time that it was finished, the least first. */
export function earlierOptions({ grownFrom = [] }: RunConfig): RunConfig['options'][] {
  return grownFrom.reduceRight<RunConfig['options'][]>(
    (later, before) => [{ ...later[0], ...before }, ...later],
    [],
  );
}
