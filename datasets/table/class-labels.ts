import { growing } from './growing';
import { LabelTaker, isNumber, MOST_NAMES, placesOf, shownNames, sortedNames } from './labels';

/** So many different labels may well be classes, however few rows or whatever numbers there are. */
const CERTAINLY_CLASSES = 20;

/** The classes of a column, which are those of the training rows. */
export function knownClasses(column: string, classes: readonly string[]): LabelTaker<string> {
  const numbers = new Map(classes.map((name, i) => [name, i]));
  const labels = growing(Int32Array);
  return {
    add(label) {
      const number = numbers.get(label);
      if (number === undefined) {
        return `expected a "${column}" that the training rows have (${shownNames(classes)}), got "${label}"`;
      }
      labels.push(number);
      return undefined;
    },
    problem: () => undefined,
    finish: () => ({ labels: labels.values(), names: classes, problem: 'single-label' }),
  };
}

/** The classes of a column, whichever occur. */
export function newClasses(column: string): LabelTaker<string> {
  const numbers = new Map<string, number>();
  const labels = growing(Int32Array);
  return {
    add(label) {
      if (!numbers.has(label)) numbers.set(label, numbers.size);
      labels.push(numbers.get(label) as number);
      return numbers.size > MOST_NAMES ? tooMany(column, [...numbers.keys()]) : undefined;
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
      const names = sortedNames([...numbers.keys()]);
      const places = placesOf(names, numbers);
      return {
        labels: labels.values().map((number) => places[number] as number),
        names,
        problem: 'single-label',
      };
    },
  };
}

function tooMany(column: string, names: readonly string[]): string {
  const numeric = names.every(isNumber);
  const hint = numeric ? '`regression` predicts numbers, ' : '';
  return (
    `expected classes as "${column}", each of many rows, got ${names.length} different labels (${shownNames(names)}); ` +
    `${hint}\`labelColumn\` chooses another column`
  );
}

const isWhole = (name: string) => Number.isInteger(Number(name));
