import { isUtf8 } from 'node:buffer';
import { UserError } from '../../lib/core/errors';
import type { Columns } from './columns';
import { growing } from './growing';
import { labelColumn, LabelOptions, Labels } from './labels';
import { lineAt } from './lines';
import { readBytes, Row, TableReader } from './rows';

/** Where the rows of a table stand in its file, and their labels: 16 bytes a row, whatever the rows hold. */
export interface TableIndex extends Labels {
  readonly offsets: Float64Array;
  /** Bytes of each row. */
  readonly lengths: Uint32Array;
}

/**
 * Reads a table once, from its beginning to its end, and checks every row.
 *
 * @throws UserError for the first row without text or label, or with a label that is no number or none of the classes; for a table
 *   without rows, with one class, or with a column of labels that are no classes.
 */
export async function indexTable(
  file: string,
  reader: TableReader,
  columns: Columns,
  options: LabelOptions,
): Promise<TableIndex> {
  const [offsets, lengths] = [growing(Float64Array), growing(Uint32Array)];
  const labels = labelColumn(reader.columns[columns.label] as string, options);
  for await (const row of reader.rows()) {
    const problem = findProblem(row, file, reader, columns) ?? labels.add(row.cells[columns.label]!.trim());
    if (problem) throw new UserError(`${file}:${await lineAt(file, row.offset)}: ${problem}.`);
    offsets.push(row.offset);
    lengths.push(row.length);
  }
  const first = offsets.values()[0];
  if (first === undefined) throw new UserError(`${file}:1: expected rows below the first line, found none.`);
  const problem = labels.problem();
  if (problem) throw new UserError(`${file}:${await lineAt(file, first)}: ${problem}.`);
  return { offsets: offsets.values(), lengths: lengths.values(), ...labels.finish() };
}

/** What is wrong with the cells of a row that are used. */
function findProblem(
  row: Row,
  file: string,
  { columns: names }: TableReader,
  columns: Columns,
): string | undefined {
  const used = [columns.text, columns.label, columns.pair].filter((column) => column !== undefined);
  for (const column of used) {
    const cell = row.cells[column];
    const what = column === columns.label ? 'label' : 'text';
    if (cell === undefined) return `expected a ${what} as "${names[column]}", found none`;
    if (cell.trim() === '') return `expected a ${what} as "${names[column]}", got an empty cell`;
    if (cell.includes('\uFFFD') && !isUtf8(readBytes(file, row.offset, row.length))) {
      return 'expected UTF-8 text, got bytes of another encoding; save the file as "CSV UTF-8"';
    }
  }
  return undefined;
}
