import { growing } from './growing';
import { isConstant, LabelTaker } from './labels';

/** The number to predict in a column. */
export function numberColumn(column: string): LabelTaker<string> {
  const { add, finish, problem } = numberColumns([column]);
  return { add: (cell) => add([cell]), problem, finish: () => ({ ...finish(), outputs: undefined }) };
}

/** Lists of numbers to predict in a column, of one length: `scores_0`, `scores_1`, … */
export function numberLists(column: string, length: number): LabelTaker<readonly string[]> {
  const numbers = numberColumns(Array.from({ length }, (_, i) => `${column}_${i}`));
  return {
    ...numbers,
    add(list) {
      if (list.length === length && length > 0) return numbers.add(list);
      return `expected a list of ${Math.max(length, 1)} number(s) as "${column}", as other rows have, got one of ${list.length}`;
    },
  };
}

/** Numbers to predict, one in each column. */
export function numberColumns(columns: readonly string[]): LabelTaker<readonly string[]> {
  const labels = growing(Float32Array);
  return {
    add(cells) {
      const stray = cells.findIndex((cell) => !isFloat(cell));
      if (stray >= 0) return `expected a number as "${columns[stray]}", got "${cells[stray]}"`;
      for (const cell of cells) labels.push(Number(cell));
      return undefined;
    },
    problem() {
      const numbers = labels.values();
      const constant = columns.findIndex((_, column) => isConstant(numbers, column, columns.length));
      if (constant < 0) return undefined;
      return `expected different numbers as "${columns[constant]}", but all rows from here on have ${numbers[constant]}`;
    },
    finish: () => ({
      labels: labels.values(),
      outputs: columns.length,
      names: columns,
      problem: 'regression',
    }),
  };
}

/** Whether a cell is a number that stays finite as a float32. */
const isFloat = (cell: string) => cell !== '' && Number.isFinite(Math.fround(Number(cell)));
