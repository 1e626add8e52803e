import * as tf from '@tensorflow/tfjs';
import { undoOnFailure } from '../../lib/core/conclude';
import { useBackend } from './backend';

/** A tfjs backend that is the current one while an engine needs it. */
export interface BorrowedBackend {
  /** Makes it the current one again, should somebody have switched. */
  use(): Promise<void>;
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
  const giveBack = (): void => {
    if (!borrowed.includes(entry)) return;
    borrowed.splice(borrowed.indexOf(entry), 1);
    void tf.setBackend(borrowed.at(-1)?.name ?? found);
  };
  const use = async (): Promise<void> => {
    if (tf.getBackend() !== name) await useBackend(name);
  };
  await undoOnFailure(() => useBackend(name), giveBack);
  return { use, giveBack };
}
