/**
 * Training was broken off between two steps, by Ctrl-C for example. The message says after which step, and where it goes on
 * from. Scripts print it alone and exit with code 130.
 */
export class Interrupted extends Error {
  /** Tells it from other errors where a package is there twice and `instanceof` fails. */
  override readonly name = 'Interrupted';
}
