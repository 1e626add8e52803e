import { epochOrder } from '../order';
import type { Labels } from './labels';

/** Rows to train on and rows to evaluate on, each in the order of the table. */
export interface Split {
  readonly train: Uint32Array;
  readonly dev: Uint32Array;
}

const EVERY = 10;

/**
 * Holds out every tenth row, chosen by a seed, so that each class (or, of numbers, each range) gives a tenth of its rows: they are
 * shuffled, sorted by label, and every tenth is taken. Rows of several labels are sorted by the rarest first, and among equals by the
 * next: of a label that few rows have, a tenth is held out, too. Of several numbers the first counts.
 *
 * @param values the labels of all rows, at least 2, row by row.
 */
export function holdOut(
  values: ArrayLike<number>,
  seed: number,
  { outputs = 1, problem }: Partial<Pick<Labels, 'outputs' | 'problem'>> = {},
): Split {
  const rows = values.length / outputs;
  const columns = problem === 'multi-label' ? rarestFirst(values, outputs) : [0];
  const compare = (a: number, b: number) => {
    const column = columns.find((at) => values[a * outputs + at] !== values[b * outputs + at]) ?? 0;
    return (values[a * outputs + column] as number) - (values[b * outputs + column] as number);
  };
  const sorted = epochOrder(rows, { seed, epoch: 0 }).sort(compare); // stable
  const first = Math.min(EVERY >> 1, rows - 1);
  const isHeld = (_: number, i: number) => i % EVERY === first;
  return {
    train: sorted.filter((row, i) => !isHeld(row, i)).sort(),
    dev: sorted.filter(isHeld).sort(),
  };
}

/** The labels of 0 and 1, those that the fewest rows have first. */
function rarestFirst(values: ArrayLike<number>, outputs: number): number[] {
  const times = new Array<number>(outputs).fill(0);
  for (let i = 0; i < values.length; i++) times[i % outputs]! += values[i] as number;
  return Array.from(times.keys()).sort((a, b) => times[a]! - times[b]!);
}
