import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../../lib/core/errors';

/** How patient a download is with a server. */
export interface Patience {
  /** Attempts in a row that bring nothing new; 5 by default. */
  readonly attempts?: number;
  /** Milliseconds before the second attempt, doubled before each further one; 500 by default. */
  readonly backoff?: number;
  /** Milliseconds without a byte after which a connection counts as dropped; 30 000 by default. */
  readonly silence?: number;
}

/** What may well work the next time: a dropped connection, a server that is busy. */
export class Transient extends Error {
  override readonly name = 'Transient';
}

/**
 * Repeats what fails with a `Transient`, with growing pauses between.
 *
 * @param progress a number that grows with what has been achieved: an attempt that raises it starts the count anew.
 * @throws UserError with the last reason, when patience is at its end; every other error at once.
 */
export async function retrying<T>(
  attempt: () => Promise<T>,
  { attempts = 5, backoff = 500 }: Patience = {},
  progress: () => number = () => 0,
): Promise<T> {
  let reached = progress();
  for (let failures = 1; ; failures++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof Transient)) throw error;
      if (progress() > reached) failures = 1;
      reached = Math.max(reached, progress());
      if (failures === attempts) {
        throw new UserError(
          `${error.message}, ${attempts} times in a row; try again later, what has come so far is kept.`,
        );
      }
    }
    await sleep(backoff * 2 ** (failures - 1));
  }
}
