import { UserError } from '../../lib/core/errors';
import { nearest } from '../../lib/core/nearest';

/** Options that say which columns are used. */
export interface ColumnOptions {
  /** The column of the texts; by default the one that is called so or is all that is left beside the labels. */
  readonly textColumn?: string;
  /**
   * The column of the labels; by default the one that is called so or is all that is left beside the texts. Of a list of columns each
   * is a label of its own.
   */
  readonly labelColumn?: string | readonly string[];
  /** The column of second texts; none by default. */
  readonly pairColumn?: string;
}

/** Where the used columns stand in a row. */
export interface Columns {
  readonly text: number;
  /** A list where each column is a label of its own. */
  readonly label: number | readonly number[];
  readonly pair?: number;
}

const TEXTS = words(
  'text sentence review content comment message body tweet post document utterance description',
);
const LABELS = words('label labels class category sentiment target intent topic emotion rating stars score');

/**
 * Finds the columns: by the names that were given, or by those that they usually have, upper or lower case.
 *
 * @throws UserError if a name is not there, a list of names is empty, or what was not named cannot be told; it lists the columns.
 */
export function findColumns(columns: readonly string[], options: ColumnOptions, file: string): Columns {
  const { textColumn, labelColumn, pairColumn } = options;
  const named = (name: string, option: string) => columnCalled(name, option, columns, file);
  const pair = pairColumn === undefined ? undefined : named(pairColumn, 'pairColumn');
  const givenText = textColumn === undefined ? undefined : named(textColumn, 'textColumn');
  const givenLabels = [labelColumn ?? []].flat().map((name) => named(name, 'labelColumn'));
  if (typeof labelColumn === 'object' && labelColumn.length === 0) {
    throw new UserError(
      `${file}:1: expected one label column at least, got an empty list; there are ${listed(columns)}.`,
    );
  }
  const taken = [givenText, ...givenLabels, pair];
  const given = taken.filter((column) => column !== undefined);
  if (new Set(given).size < given.length) {
    throw new UserError(
      `${file}:1: expected different columns, got ${listed(given.map((i) => columns[i]!))}.`,
    );
  }
  const text = givenText ?? columnAmong(TEXTS, columns, taken);
  const [label = columnAmong(LABELS, columns, taken)] = givenLabels;
  const found = {
    text: text ?? onlyOther(columns, [label, ...givenLabels, pair]),
    label: typeof labelColumn === 'object' ? givenLabels : (label ?? onlyOther(columns, [text, pair])),
  };
  if (found.text !== undefined && found.label !== undefined) {
    return { text: found.text, label: found.label, pair };
  }
  const missing = [found.text ?? '`textColumn`', found.label ?? '`labelColumn`'].filter(
    (option) => typeof option === 'string',
  );
  throw new UserError(
    `${file}:1: expected to tell by their names which columns are text and label, got ${listed(columns)}; ` +
      `give ${missing.join(' and ')}${columns.length < 2 ? ' (the first line must name the columns)' : ''}.`,
  );
}

/** Which columns are texts, where there need be no labels. */
export type TextColumnOptions = Pick<ColumnOptions, 'textColumn' | 'pairColumn'>;

/**
 * Finds the columns of texts as `findColumns` does, among others that are not used.
 *
 * @throws UserError if a name is not there, or the texts cannot be told; it lists the columns.
 */
export function findTextColumns(
  columns: readonly string[],
  { textColumn, pairColumn }: TextColumnOptions,
  file: string,
): Pick<Columns, 'text' | 'pair'> {
  const named = (name: string, option: string) => columnCalled(name, option, columns, file);
  const pair = pairColumn === undefined ? undefined : named(pairColumn, 'pairColumn');
  const given = textColumn === undefined ? undefined : named(textColumn, 'textColumn');
  if (given !== undefined && given === pair) {
    throw new UserError(
      `${file}:1: expected different columns, got ${listed([given, pair].map((i) => columns[i]!))}.`,
    );
  }
  const text = given ?? columnAmong(TEXTS, columns, [pair]) ?? (columns.length === 1 ? 0 : undefined);
  if (text !== undefined) return { text, pair };
  throw new UserError(
    `${file}:1: expected to tell by its name which column is the text, got ${listed(columns)}; give \`textColumn\`.`,
  );
}

/** The options that give these columns. */
export function namesOf(
  { text, label, pair }: Columns,
  columns: readonly string[],
): ColumnOptions & { readonly labelColumn: string | readonly string[] } {
  const nameOf = (column: number) => columns[column] as string;
  return {
    textColumn: nameOf(text),
    labelColumn: typeof label === 'number' ? nameOf(label) : label.map(nameOf),
    pairColumn: pair === undefined ? undefined : nameOf(pair),
  };
}

function columnCalled(name: string, option: string, columns: readonly string[], file: string): number {
  const matches = (same: (column: string) => boolean) =>
    columns.flatMap((column, i) => (same(column) ? [i] : []));
  const exact = matches((column) => column === name);
  const found = exact.length > 0 ? exact : matches((column) => column.toLowerCase() === name.toLowerCase());
  if (found.length === 1) return found[0] as number;
  const [closest] = found.length === 0 ? nearest(name, columns, 1) : [];
  const hint = closest === undefined ? '' : `; the nearest is ${listed([closest])}`;
  throw new UserError(
    `${file}:1: expected one column called ${name} (\`${option}\`), got ${found.length || 'none'} among ${listed(columns)}${hint}.`,
  );
}

/** The only column with one of the names that is not taken. */
function columnAmong(
  names: ReadonlySet<string>,
  columns: readonly string[],
  taken: readonly (number | undefined)[],
): number | undefined {
  const found = columns.flatMap((column, i) =>
    names.has(column.toLowerCase()) && !taken.includes(i) ? [i] : [],
  );
  return found.length === 1 ? found[0] : undefined;
}

/** The only column that is left, if the other one is known. */
function onlyOther(columns: readonly string[], taken: readonly (number | undefined)[]): number | undefined {
  const left = columns.flatMap((_, i) => (taken.includes(i) ? [] : [i]));
  return taken[0] !== undefined && left.length === 1 ? left[0] : undefined;
}

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(' '));
}

function listed(columns: readonly string[]): string {
  const shown = columns
    .slice(0, 20)
    .map((column) => `"${column.length > 40 ? `${column.slice(0, 40)}…` : column}"`);
  return columns.length > 20 ? `${shown.join(', ')}, …` : shown.join(', ');
}
