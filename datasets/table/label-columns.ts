import { knownClasses, newClasses } from './class-labels';
import { knownFlags, newFlags } from './flag-labels';
import type { Labels, LabelTaker } from './labels';
import { knownNames, newNames } from './name-lists';
import { numberColumn, numberColumns, numberLists } from './number-labels';

/** What labels are. */
export interface LabelOptions {
  /** Numbers to predict. */
  readonly regression: boolean;
  /** What the training rows have, and these shall have, too; whatever occurs by default. */
  readonly known?: Pick<Labels, 'names' | 'outputs'>;
}

/** What a label column has in a row. */
export type LabelCell = string | readonly string[];

/**
 * The labels in the cells of a column, or of several, which messages call by their names. A column may have lists: where the first row
 * has one, or the training rows have, every row must.
 *
 * @param first the cell of the first row, of the first column.
 */
export function labelColumns(
  columns: string | readonly string[],
  options: LabelOptions,
  first: LabelCell,
): LabelTaker<readonly LabelCell[]> {
  const { regression, known } = options;
  if (typeof columns === 'object') return ofSeveral(columns, severalColumns(columns, options));
  const isListed = known ? known.outputs !== undefined : typeof first === 'object';
  if (isListed) {
    const length = known?.outputs ?? first.length;
    if (regression) return ofLists(columns, numberLists(columns, length));
    return ofLists(columns, known ? knownNames(columns, known.names) : newNames(columns));
  }
  if (regression) return ofOne(columns, numberColumn(columns));
  return ofOne(columns, known ? knownClasses(columns, known.names) : newClasses(columns));
}

function severalColumns(columns: readonly string[], { regression, known }: LabelOptions) {
  if (regression) return numberColumns(columns);
  return known ? knownFlags(columns) : newFlags(columns);
}

type Cells = LabelTaker<readonly LabelCell[]>;

const isText = (cell: LabelCell | undefined): cell is string => typeof cell === 'string';

function ofOne(column: string, labels: LabelTaker<string>): Cells {
  const add = ([cell]: readonly LabelCell[]) =>
    isText(cell)
      ? labels.add(cell)
      : `expected one label as "${column}", as other rows have, got a list; lists are read where the first row has one`;
  return { ...labels, add };
}

function ofLists(column: string, labels: LabelTaker<readonly string[]>): Cells {
  const add = ([cell]: readonly LabelCell[]) =>
    cell === undefined || isText(cell)
      ? `expected a list as "${column}", as other rows have, got "${cell}"`
      : labels.add(cell);
  return { ...labels, add };
}

function ofSeveral(columns: readonly string[], labels: LabelTaker<readonly string[]>): Cells {
  const add = (cells: readonly LabelCell[]) =>
    cells.every(isText)
      ? labels.add(cells)
      : `expected one value as "${columns[cells.findIndex((cell) => !isText(cell))]}", got a list; of a column of lists name no other`;
  return { ...labels, add };
}
