import { growing } from './growing';
import { Labels, LabelTaker, MOST_NAMES, placesOf, shownNames, sortedNames } from './labels';

/** Labels of all rows at most, right ones and others: 4 GiB of them. */
const MOST_LABELS = 2 ** 30;

/** Lists of the names of the labels that are right of a row; the labels are those of the training rows. */
export function knownNames(column: string, names: readonly string[]): LabelTaker<readonly string[]> {
  const lists = namedLists(column, names);
  return {
    add(list) {
      const stray = list.find((name) => !lists.numbers.has(name));
      if (stray === undefined) return lists.add(list);
      return `expected labels that the training rows have (${shownNames(names)}) as "${column}", got "${stray}"`;
    },
    problem: () => undefined,
    finish: () => lists.finish(names),
  };
}

/** Lists of the names of the labels that are right of a row, whichever occur. */
export function newNames(column: string): LabelTaker<readonly string[]> {
  const lists = namedLists(column);
  return {
    add: (list) => lists.add(list) ?? (lists.numbers.size > MOST_NAMES ? tooMany(column, lists) : undefined),
    problem: () => problemOf(column, lists),
    finish: () => lists.finish(sortedNames([...lists.numbers.keys()])),
  };
}

function problemOf(column: string, lists: NamedLists): string | undefined {
  const { numbers, rows, right } = lists;
  if (numbers.size === 0) {
    return `expected labels in some rows as "${column}", but all ${rows()} rows from here on have an empty list`;
  }
  if (right() === rows() * numbers.size) {
    const names = shownNames([...numbers.keys()]);
    return `expected labels that some rows lack as "${column}", but all ${rows()} rows from here on have ${names}`;
  }
  return rows() * numbers.size > MOST_LABELS ? tooMany(column, lists) : undefined;
}

function tooMany(column: string, { numbers, rows }: NamedLists): string {
  return (
    `expected at most ${MOST_NAMES} different labels as "${column}", and ${MOST_LABELS} for all rows together, got ` +
    `${numbers.size} of each of ${rows()} rows (${shownNames([...numbers.keys()])})`
  );
}

/** Lists of names as they come: a number for each name in them, and not yet one for every label of every row. */
interface NamedLists {
  add(list: readonly string[]): string | undefined;
  /** Of the names, in the order in which they came. */
  readonly numbers: ReadonlyMap<string, number>;
  rows(): number;
  /** How many names there are in all lists. */
  right(): number;
  /** The labels, in the order of these names. */
  finish(names: readonly string[]): Labels;
}

function namedLists(column: string, known: readonly string[] = []): NamedLists {
  const numbers = new Map(known.map((name, i) => [name, i]));
  const [right, lengths] = [growing(Uint32Array), growing(Uint32Array)];
  return {
    add(list) {
      const problem = problemIn(list, column);
      if (problem) return problem;
      for (const name of list) {
        if (!numbers.has(name)) numbers.set(name, numbers.size);
        right.push(numbers.get(name) as number);
      }
      lengths.push(list.length);
      return undefined;
    },
    numbers,
    rows: () => lengths.values().length,
    right: () => right.values().length,
    finish: (names) => ({
      labels: spread(right.values(), lengths.values(), placesOf(names, numbers)),
      outputs: names.length,
      names,
      problem: 'multi-label',
    }),
  };
}

function problemIn(list: readonly string[], column: string): string | undefined {
  if (list.includes('')) return `expected names of labels as "${column}", got an empty one`;
  const twice = list.find((name, i) => list.indexOf(name) < i);
  return twice === undefined ? undefined : `expected each label once as "${column}", got "${twice}" twice`;
}

/** [rows, labels]: 1 at the places of the numbers in each row's list, 0 elsewhere. */
function spread(right: Uint32Array, lengths: Uint32Array, places: Int32Array): Float32Array {
  const labels = new Float32Array(lengths.length * places.length);
  let next = 0;
  lengths.forEach((length, row) => {
    for (const end = next + length; next < end; next++) {
      labels[row * places.length + places[right[next]!]!] = 1;
    }
  });
  return labels;
}
