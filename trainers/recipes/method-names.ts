import { UserError } from '../../lib/core/errors';

/** A row that every comparison has. */
const BASELINE = 'dense';

/** @throws UserError unless each method has a name of its own that a folder can have: rows and folders are called by it. */
export function expectNames(methods: readonly { readonly name: string }[]): void {
  const names = methods.map(({ name }) => name);
  const all = new Set([BASELINE, ...names]);
  if (all.size === names.length + 1 && names.every((name) => /^\w[\w.+-]*$/.test(name))) return;
  throw new UserError(
    `Expected methods with names of their own, of letters, digits and . + - _ and not ${BASELINE}, got ${names.join(', ')}.`,
  );
}
