/**
 * A mistake of the user's, told in one sentence: what was expected, what came, where, and what to do.
 * Scripts print the message alone, without a stack trace, and exit with code 2.
 */
export class UserError extends Error {
  override readonly name = 'UserError';
}
