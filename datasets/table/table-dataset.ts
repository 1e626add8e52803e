import * as path from 'node:path';
import type { Dataset, StoredExamples } from '../dataset';
import { ColumnOptions, findColumns, namesOf } from './columns';
import { holdOut } from './hold-out';
import { indexTable, TableIndex } from './index-table';
import type { LabelOptions } from './label-columns';
import { isConstant, shownNames } from './labels';
import { tableReader } from './reader';
import type { Quoting } from './rows';
import { IndexedTable, storedExamples, versionOf } from './stored-examples';

/** Options of {@link tableDataset}. */
export interface TableOptions extends ColumnOptions {
  /** Another table to evaluate on; by default a tenth of the rows of every class or label is held out, always the same for the same file. */
  readonly devFile?: string;
  /** Labels are numbers to predict instead of classes; false by default. */
  readonly regression?: boolean;
  /**
   * `'none'` takes quotes as they are, in a table where each line is a row, as GLUE's are; `'quoted'` takes them as what holds a cell
   * together. By default they do, except that a TSV in which they may well mean nothing is refused.
   */
  readonly quoting?: Quoting;
  /** Keep the first training rows only; all by default. */
  readonly limit?: number;
}

const HOLD_OUT_SEED = 0;

/**
 * A data set of your own: CSV, TSV or JSON Lines in UTF-8, a row per example, whose first line names the columns. Quoted cells
 * with line ends, semicolons as delimiters, a byte-order mark and Windows line ends are understood.
 *
 * The file may be larger than memory: it is read once from end to end, which checks every row and notes where it begins (12 bytes a
 * row, and 4 a label), and then at random, a batch at a time. What a row's labels are, is as the file has them:
 *
 * - One column: classes, any number of them, sorted by name, or by value where they are numbers.
 * - A list of columns with 0 or 1 (or no and yes, false and true, upper or lower case): labels, each of which may be right.
 * - One column of JSON Lines with lists of names, `[]` for none: labels too, all that occur, sorted as classes are.
 * - With `regression`, numbers to predict: the one of a column, one of each column, or lists of equal length, of which the outputs are
 *   called `scores_0`, `scores_1`, … in the column `scores`.
 *
 * @throws UserError with file, line and column for a row that lacks a cell, a text or a label, for labels of another kind, number or
 *   name, for no rows, rows that all have the same labels, and bytes that are not UTF-8; and for columns that cannot be told.
 *
 * @example
 * const { train, labels } = await tableDataset('reviews.csv', { textColumn: 'review', labelColumn: 'stars' });
 * const source = batchSource(train, tokenizer, { batchSize: 32 }); // asDataset(source, epoch) is a tf.data.Dataset
 */
export async function tableDataset(
  file: string,
  options: TableOptions = {},
): Promise<Dataset<StoredExamples>> {
  const { devFile, regression = false, limit = Infinity, quoting, ...columns } = options;
  const table = await openTable(file, columns, { regression, quoting });
  const { names, problem } = table.index;
  const held = devFile === undefined ? holdOut(table.index.labels, HOLD_OUT_SEED, table.index) : undefined;
  const train = held?.train ?? allRows(table);
  return {
    name: path.parse(file).name,
    train: storedExamples(table, train.subarray(0, Math.min(limit, train.length))),
    dev: held
      ? storedExamples(table, held.dev)
      : await devOf(devFile as string, table, { regression, quoting }),
    labels: names,
    problem,
    ...metricsOf(table.index),
    notes: [...(held ? [heldOutNote(table.index)] : []), ...constantNotes(table.index)],
  };
}

/** A second table with the columns and labels of the first. */
async function devOf(
  file: string,
  { reader, columns, index }: IndexedTable,
  options: OpenOptions,
): Promise<StoredExamples> {
  const table = await openTable(file, namesOf(columns, reader.columns), { ...options, known: index });
  return storedExamples(table, allRows(table));
}

const allRows = ({ index }: IndexedTable) => Uint32Array.from(index.offsets, (_, row) => row);

type OpenOptions = LabelOptions & { readonly quoting?: Quoting };

async function openTable(
  file: string,
  names: ColumnOptions,
  { quoting, ...labels }: OpenOptions,
): Promise<IndexedTable> {
  const reader = tableReader(file, quoting);
  const version = versionOf(file);
  const columns = findColumns(reader.columns, names, file);
  return { file, version, reader, columns, index: await indexTable(file, reader, columns, labels) };
}

/** Which metric decides, and what is reported beside it. */
function metricsOf({ problem, outputs }: TableIndex): Pick<Dataset, 'metric' | 'alsoReported'> {
  if (problem === 'single-label') return { metric: 'accuracy' };
  if (problem === 'multi-label') return { metric: 'micro-f1' };
  return { metric: 'pearson', ...(outputs === undefined ? {} : { alsoReported: ['spearman'] }) };
}

const HELD_OUT_OF = { 'single-label': 'class', 'multi-label': 'label', regression: 'range' } as const;

function heldOutNote({ problem }: TableIndex): string {
  return `a tenth of the rows of each ${HELD_OUT_OF[problem]} is held out, always the same; \`devData\` gives others`;
}

/** A label that some rows have and others lack is learned; of another one people should know. */
function constantNotes({ labels, names, outputs = 1, problem }: TableIndex): string[] {
  const constant = names.filter((_, i) => problem === 'multi-label' && isConstant(labels, i, outputs));
  return constant.length === 0
    ? []
    : [`the same in all rows, so that nothing is learned of them: ${shownNames(constant)}`];
}
