import { epochOrder } from '../order';

/** Rows to train on and rows to evaluate on, each in the order of the table. */
export interface Split {
  readonly train: Uint32Array;
  readonly dev: Uint32Array;
}

const EVERY = 10;

/**
 * Holds out every tenth row, chosen by a seed, so that each class (or, of numbers, each range) gives a tenth of its rows: they are
 * shuffled, sorted by label, and every tenth is taken.
 *
 * @param labels of all rows, at least 2.
 */
export function holdOut(labels: ArrayLike<number>, seed: number): Split {
  const labelOf = (row: number) => labels[row] as number;
  const sorted = epochOrder(labels.length, { seed, epoch: 0 }).sort((a, b) => labelOf(a) - labelOf(b)); // stable
  const first = Math.min(EVERY >> 1, labels.length - 1);
  const isHeld = (_: number, i: number) => i % EVERY === first;
  return {
    train: sorted.filter((row, i) => !isHeld(row, i)).sort(),
    dev: sorted.filter(isHeld).sort(),
  };
}
