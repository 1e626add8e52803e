import { UserError } from '../core/errors';

/** @throws UserError for what is no share. @param what is to go: `the cost`. */
export function expectShare(removed: number, what: string): void {
  if (removed >= 0 && removed <= 1) return;
  throw new UserError(`Expected a share from 0 to 1 of ${what} to go, got ${removed}.`);
}
