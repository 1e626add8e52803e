import { growing } from './growing';
import { LabelTaker, shownNames } from './labels';

/** What a cell says of its column's label. `1.0` is how pandas writes a whole number of a column that lacked some. */
const FLAGS: ReadonlyMap<string, number> = new Map([
  ...['1', '1.0', 'true', 'yes'].map((yes) => [yes, 1] as const),
  ...['0', '0.0', 'false', 'no'].map((no) => [no, 0] as const),
]);

/** Columns that are labels, each right or not of a row. */
export function newFlags(columns: readonly string[]): LabelTaker<readonly string[]> {
  const flags = knownFlags(columns);
  return {
    ...flags,
    problem() {
      const { labels } = flags.finish();
      const first = labels[0];
      if (labels.some((flag) => flag !== first)) return undefined;
      return `expected 1 in some rows and 0 in others as ${shownNames(columns)}, but all rows from here on have ${first}`;
    },
  };
}

/** The same of rows beside the training rows, in which a label may well be wrong everywhere. */
export function knownFlags(columns: readonly string[]): LabelTaker<readonly string[]> {
  const labels = growing(Float32Array);
  return {
    add(cells) {
      const flags = cells.map((cell) => FLAGS.get(cell.toLowerCase()));
      const stray = flags.indexOf(undefined);
      if (stray >= 0)
        return `expected 0 or 1 (or no, yes, false, true) as "${columns[stray]}", got "${cells[stray]}"`;
      flags.forEach((flag) => labels.push(flag as number));
      return undefined;
    },
    problem: () => undefined,
    finish: () => ({
      labels: labels.values(),
      outputs: columns.length,
      names: columns,
      problem: 'multi-label',
    }),
  };
}
