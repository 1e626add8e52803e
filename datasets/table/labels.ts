import { growing } from './growing';

/** The labels of a table. */
export interface Labels {
  /** Classes by number, or the numbers to predict, row by row. */
  readonly labels: Int32Array | Float32Array;
  /** Names of the classes, sorted; the column's name for a regression. */
  readonly names: readonly string[];
}

/** What labels are. */
export interface LabelOptions {
  /** Numbers to predict. */
  readonly regression: boolean;
  /** The classes that there are; all that the table has by default. */
  readonly classes?: readonly string[];
}

/** So many different labels may well be classes, however few rows or whatever numbers there are. */
const CERTAINLY_CLASSES = 20;
/** A column with more different labels has no classes. */
const MOST_CLASSES = 10_000;

/** Takes the labels of a table, one after the other. */
export interface LabelColumn {
  /** What is wrong with a label, if anything. */
  add(label: string): string | undefined;
  /** What is wrong with all of them together. */
  problem(): string | undefined;
  finish(): Labels;
}

/** The labels of a column, which messages call by its name. */
export function labelColumn(column: string, { regression, classes }: LabelOptions): LabelColumn {
  if (regression) return numberColumn(column);
  return classes ? knownClasses(column, classes) : newClasses(column);
}

function numberColumn(column: string): LabelColumn {
  const numbers = growing(Float32Array);
  return {
    add(label) {
      if (!Number.isFinite(Number(label))) return `expected a number as "${column}", got "${label}"`;
      numbers.push(Number(label));
      return undefined;
    },
    problem() {
      const [first, ...others] = numbers.values();
      if (others.some((other) => other !== first)) return undefined;
      return `expected different numbers as "${column}", but all rows from here on have ${first}`;
    },
    finish: () => ({ labels: numbers.values(), names: [column] }),
  };
}

function knownClasses(column: string, classes: readonly string[]): LabelColumn {
  const numbers = new Map(classes.map((name, i) => [name, i]));
  const labels = growing(Int32Array);
  return {
    add(label) {
      const number = numbers.get(label);
      if (number === undefined) {
        return `expected a "${column}" that the training rows have (${shown(classes)}), got "${label}"`;
      }
      labels.push(number);
      return undefined;
    },
    problem: () => undefined,
    finish: () => ({ labels: labels.values(), names: classes }),
  };
}

function newClasses(column: string): LabelColumn {
  const numbers = new Map<string, number>();
  const labels = growing(Int32Array);
  return {
    add(label) {
      if (!numbers.has(label)) numbers.set(label, numbers.size);
      labels.push(numbers.get(label) as number);
      return numbers.size > MOST_CLASSES ? tooMany(column, [...numbers.keys()]) : undefined;
    },
    problem() {
      const names = [...numbers.keys()];
      const rows = labels.values().length;
      if (names.length === 1) {
        return `expected at least two classes as "${column}", but all ${rows} rows from here on have "${names[0]}"`;
      }
      const unlikely = names.length > rows / 2 || (names.every(isNumber) && !names.every(isWhole));
      return names.length > CERTAINLY_CLASSES && unlikely ? tooMany(column, names) : undefined;
    },
    finish() {
      const names = sorted([...numbers.keys()]);
      const places = new Int32Array(names.length);
      names.forEach((name, place) => (places[numbers.get(name) as number] = place));
      return { labels: labels.values().map((number) => places[number] as number), names };
    },
  };
}

function tooMany(column: string, names: readonly string[]): string {
  const numeric = names.every(isNumber);
  const hint = numeric ? '--regression predicts numbers, ' : '';
  return (
    `expected classes as "${column}", each of many rows, got ${names.length} different labels (${shown(names)}); ` +
    `${hint}--label-column <name> chooses another column`
  );
}

/** By their value where all are numbers, else by their characters. */
function sorted(names: readonly string[]): string[] {
  return names.every(isNumber) ? [...names].sort((a, b) => Number(a) - Number(b)) : [...names].sort();
}

const isWhole = (name: string) => Number.isInteger(Number(name));
const isNumber = (name: string) => Number.isFinite(Number(name));

function shown(names: readonly string[]): string {
  return names.length > 6 ? `${names.slice(0, 5).join(', ')}, …` : names.join(', ');
}
