import { UserError } from '../lib/core/errors';
import type { Callback } from './callback';

/** @throws UserError for two callbacks of one name, by which a checkpoint knows them. */
export function expectDifferentNames(callbacks: readonly Callback[]): void {
  const names = callbacks.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice === undefined) return;
  throw new UserError(`Two callbacks are named "${twice}"; a checkpoint needs different names.`);
}
