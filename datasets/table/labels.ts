import type { Problem } from '../../lib/models/problem';

/** The labels of a table. */
export interface Labels {
  /** Classes by number; numbers to predict; or of every label 1 where it is right and 0 where it is not. Row by row. */
  readonly labels: Int32Array | Float32Array;
  /** How many a row has, where that is a list; one label, and no list, by default. */
  readonly outputs?: number;
  /** Names of the classes, of the labels, or of the numbers. */
  readonly names: readonly string[];
  readonly problem: Problem;
}

/**
 * Takes the labels of a table, row by row.
 *
 * @typeParam Row what a row gives: a label, or several.
 */
export interface LabelTaker<Row> {
  /** What is wrong with the labels of a row, if anything. */
  add(row: Row): string | undefined;
  /** What is wrong with all of them together. */
  problem(): string | undefined;
  finish(): Labels;
}

/** So many different labels a column has at most: one with more has no classes. */
export const MOST_NAMES = 10_000;

/** By their value where all are numbers, else by their characters. */
export function sortedNames(names: readonly string[]): string[] {
  return names.every(isNumber) ? [...names].sort().sort((a, b) => Number(a) - Number(b)) : [...names].sort();
}

/** Where names that were numbered as they came stand once they are sorted. */
export function placesOf(sorted: readonly string[], numbers: ReadonlyMap<string, number>): Int32Array {
  const places = new Int32Array(sorted.length);
  sorted.forEach((name, place) => (places[numbers.get(name) as number] = place));
  return places;
}

/** Whether one of `outputs` labels is the same in all rows. */
export function isConstant(labels: ArrayLike<number>, output: number, outputs: number): boolean {
  for (let at = output; at < labels.length; at += outputs) {
    if (labels[at] !== labels[output]) return false;
  }
  return true;
}

export const isNumber = (name: string) => Number.isFinite(Number(name));

/** Names in a sentence. */
export function shownNames(names: readonly string[]): string {
  return names.length > 6 ? `${names.slice(0, 5).join(', ')}, …` : names.join(', ');
}
