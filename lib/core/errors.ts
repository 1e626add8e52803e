/**
 * A mistake of the user's, told in one sentence: what was expected, what came, where, and what to do.
 * Scripts print the message alone, without a stack trace, and exit with code 2.
 */
export class UserError extends Error {
  /** Tells it from other errors where a package is there twice and `instanceof` fails. */
  override readonly name = 'UserError';
}
