import * as path from 'node:path';
import type { Dataset, StoredExamples } from '../dataset';
import { ColumnOptions, findColumns } from './columns';
import { holdOut } from './hold-out';
import { indexTable } from './index-table';
import type { LabelOptions } from './labels';
import { tableReader } from './reader';
import { IndexedTable, storedExamples, versionOf } from './stored-examples';

/** Options of {@link tableDataset}. */
export interface TableOptions extends ColumnOptions {
  /** Another table to evaluate on; by default a tenth of the rows of every class is held out, always the same for the same file. */
  readonly devFile?: string;
  /** Labels are numbers to predict instead of classes; false by default. */
  readonly regression?: boolean;
  /** Keep the first training rows only; all by default. */
  readonly limit?: number;
}

const HOLD_OUT_SEED = 0;

/**
 * A data set of your own: CSV, TSV or JSON Lines in UTF-8, a row per example, whose first line names the columns. Quoted cells
 * with line ends, semicolons as delimiters, a byte-order mark and Windows line ends are understood.
 *
 * The file may be larger than memory: it is read once from end to end, which checks every row and notes where it begins (20 bytes a
 * row), and then at random, a batch at a time. Any number of classes, sorted by name, or by value where they are numbers; with
 * `regression`, numbers to predict.
 *
 * @throws UserError with file and line for a row that lacks a cell, a text or a label, for no rows, one class, and bytes that
 *   are not UTF-8; and for columns that cannot be told.
 *
 * @example
 * const { train, labels } = await tableDataset('reviews.csv', { textColumn: 'review', labelColumn: 'stars' });
 * const source = batchSource(train, tokenizer, { batchSize: 32 }); // asDataset(source, epoch) is a tf.data.Dataset
 */
export async function tableDataset(
  file: string,
  options: TableOptions = {},
): Promise<Dataset<StoredExamples>> {
  const { devFile, regression = false, limit = Infinity, ...columns } = options;
  const table = await openTable(file, columns, { regression });
  const { labels, names } = table.index;
  const all = Uint32Array.from(labels, (_, row) => row);
  const { train, dev } =
    devFile === undefined ? holdOut(labels, HOLD_OUT_SEED) : { train: all, dev: undefined };
  const kept = storedExamples(table, train.subarray(0, Math.min(limit, train.length)));
  return {
    name: path.parse(file).name,
    train: kept,
    dev: dev ? storedExamples(table, dev) : await devOf(devFile as string, table, regression),
    labels: names,
    regression,
    metric: regression ? 'pearson' : 'accuracy',
    notes: dev
      ? [
          `a tenth of the rows of each ${regression ? 'range' : 'class'} is held out, always the same; --dev-data <file> gives others`,
        ]
      : [],
  };
}

/** A second table with the columns and classes of the first. */
async function devOf(
  file: string,
  { reader, columns, index }: IndexedTable,
  regression: boolean,
): Promise<StoredExamples> {
  const nameOf = (column: number) => reader.columns[column] as string;
  const names = {
    textColumn: nameOf(columns.text),
    labelColumn: nameOf(columns.label),
    pairColumn: columns.pair === undefined ? undefined : nameOf(columns.pair),
  };
  const table = await openTable(file, names, { regression, classes: index.names });
  return storedExamples(
    table,
    Uint32Array.from(table.index.labels, (_, row) => row),
  );
}

async function openTable(file: string, names: ColumnOptions, labels: LabelOptions): Promise<IndexedTable> {
  const reader = tableReader(file);
  const version = versionOf(file);
  const columns = findColumns(reader.columns, names, file);
  return { file, version, reader, columns, index: await indexTable(file, reader, columns, labels) };
}
