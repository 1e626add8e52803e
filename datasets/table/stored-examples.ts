import * as fs from 'node:fs';
import { UserError } from '../../lib/core/errors';
import { takeValues } from '../batch-labels';
import { AnyLabel, Example, labelAt, StoredExamples } from '../dataset';
import type { Columns } from './columns';
import type { TableIndex } from './index-table';
import { readBytes, TableReader } from './rows';

/** A table whose rows are known. */
export interface IndexedTable {
  readonly file: string;
  /** The file's size and time of change when it was indexed. */
  readonly version: string;
  readonly reader: TableReader;
  readonly columns: Columns;
  readonly index: TableIndex;
}

/** What tells a changed file from one that is as it was. */
export function versionOf(file: string): string {
  const { size, mtimeMs } = fs.statSync(file);
  return `${size} bytes at ${mtimeMs}`;
}

/**
 * Examples that stay in their file: each is read, by its place, when it is asked for.
 *
 * @param rows which rows of the table, in which order.
 */
export function storedExamples(table: IndexedTable, rows: Uint32Array): StoredExamples {
  const { lengths, labels, outputs } = table.index;
  const shape = outputs === undefined ? [] : [outputs];
  const at = (i: number) => readExample(table, rows[i] as number);
  return {
    length: rows.length,
    labels: takeValues({ values: labels, shape }, rows),
    outputs,
    at,
    sizeOf: (i) => lengths[rows[i] as number] as number,
    *[Symbol.iterator]() {
      for (let i = 0; i < rows.length; i++) yield at(i);
    },
  };
}

function readExample(
  { file, version, reader, columns, index }: IndexedTable,
  row: number,
): Example<AnyLabel> {
  if (versionOf(file) !== version) {
    throw new UserError(
      `Expected ${file} to stay as it is while it is read, but it was changed; start again.`,
    );
  }
  const cells = reader.cellsOf(readBytes(file, index.offsets[row] as number, index.lengths[row] as number));
  const example = { text: cells[columns.text] as string, label: labelAt(index, row) };
  return columns.pair === undefined ? example : { ...example, pair: cells[columns.pair] as string };
}
