import * as tf from '@tensorflow/tfjs';
import { undoOnFailure } from '../../lib/core/conclude';
import { startBackend } from './backend';

/** A tfjs backend that is the current one while an engine needs it. */
export interface BorrowedBackend {
  /** Makes it the current one again, should somebody have switched: at once, for what follows up to the next `await`. */
  use(): void;
  /**
   * Makes the backend current that was before: that of whoever borrows still, or, after the last one, that which the first found.
   * So engines may end in any order. Twice is once.
   */
  giveBack(): void;
}

/** Who borrows, the latest last. */
const borrowed: { readonly name: string }[] = [];
/** What was current before the first of them. */
let found: string;

/**
 * Makes a tfjs backend the current one until it is given back.
 *
 * @throws UserError if there is no such backend, or it does not start; then the current one stays.
 */
export async function borrowBackend(name: string): Promise<BorrowedBackend> {
  await tf.ready();
  if (borrowed.length === 0) found = tf.getBackend();
  const entry = { name };
  borrowed.push(entry);
  const use = (): void => switchTo(name);
  const giveBack = (): void => {
    if (!borrowed.includes(entry)) return;
    borrowed.splice(borrowed.indexOf(entry), 1);
    switchTo(borrowed.at(-1)?.name ?? found);
  };
  await undoOnFailure(() => startBackend(name), giveBack);
  use();
  return { use, giveBack };
}

/** Of a backend that has started, tfjs is on it when this returns. */
function switchTo(name: string): void {
  if (tf.getBackend() !== name) void tf.setBackend(name);
}
