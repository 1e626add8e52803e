import { UserError } from '../../lib/core/errors';

/** @throws UserError for sparsities that are no fractions, twice the same, or none. */
export function expectSparsities(sparsities: readonly number[]): void {
  const wrong = sparsities.find((value) => !(value > 0 && value < 1));
  if (wrong === undefined && new Set(sparsities).size === sparsities.length && sparsities.length > 0) return;
  throw new UserError(
    `Expected different sparsities, at least one, as fractions above 0 and below 1, got ${sparsities.join(', ') || 'none'}.`,
  );
}
