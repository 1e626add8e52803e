import { clock } from '../core/clock';
import { UserError } from '../core/errors';
import { streamKey } from '../core/random';

/** A stream of random numbers, which begins anew at every tick of the clock. */
export interface Stream {
  /** Tells it from the other streams of a model. */
  readonly name: string;
  /** An integer in place of the run's seed. */
  readonly seed?: number;
}

/** The streams of one layer, one after the other, the same in every pass; a layer may have a seed of its own. */
export type Next = (seed?: number | null) => Stream;

/** What keys the stream's numbers at this time (lib/core/clock). */
export function keyNow({ name, seed }: Stream): number {
  const { seed: ofRun, tick } = clock();
  return streamKey(seed ?? ofRun, tick, name);
}

/** @throws UserError unless the seed is an integer that a number holds exactly. */
export function checkSeed(seed: number, where: string): number {
  if (Number.isSafeInteger(seed)) return seed;
  throw new UserError(`Expected an integer as the seed of ${where}, got ${seed}.`);
}
