import { isUtf8 } from 'node:buffer';
import { UserError } from '../../lib/core/errors';
import { Columns, namesOf } from './columns';
import { growing } from './growing';
import { LabelCell, labelColumns, LabelOptions } from './label-columns';
import type { Labels, LabelTaker } from './labels';
import { lineAt } from './lines';
import { Cell, readBytes, Row, TableReader } from './rows';

/** Where the rows of a table stand in its file, and their labels: 12 bytes a row and 4 a label, whatever the rows hold. */
export interface TableIndex extends Labels {
  readonly offsets: Float64Array;
  /** Bytes of each row. */
  readonly lengths: Uint32Array;
}

/**
 * Reads a table once, from its beginning to its end, and checks every row.
 *
 * @throws UserError for the first row without text or label, or with a label that is no number, neither 0 nor 1, or not known, or with a
 *   list of another length; for a table without rows, whose rows all have the same labels, or with a column of labels that are no
 *   classes.
 */
export async function indexTable(
  file: string,
  reader: TableReader,
  columns: Columns,
  options: LabelOptions,
): Promise<TableIndex> {
  const [offsets, lengths] = [growing(Float64Array), growing(Uint32Array)];
  const used = usedColumns(columns, reader);
  const labelPlaces = [columns.label].flat();
  const { labelColumn } = namesOf(columns, reader.columns);
  let labels: LabelTaker<readonly LabelCell[]> | undefined;
  const add = (cells: readonly LabelCell[]) => {
    labels ??= labelColumns(labelColumn, options, cells[0] as LabelCell);
    return labels.add(cells);
  };
  for await (const row of reader.rows()) {
    const problem =
      findProblem(row, file, used) ?? add(labelPlaces.map((column) => trimmed(row.cells[column])));
    if (problem) throw new UserError(`${file}:${await lineAt(file, row.offset)}: ${problem}.`);
    offsets.push(row.offset);
    lengths.push(row.length);
  }
  const first = offsets.values()[0];
  if (first === undefined || !labels) {
    throw new UserError(`${file}:1: expected rows below the first line, found none.`);
  }
  const problem = labels.problem();
  if (problem) throw new UserError(`${file}:${await lineAt(file, first)}: ${problem}.`);
  return { offsets: offsets.values(), lengths: lengths.values(), ...labels.finish() };
}

/** A column that is used, and what for. */
export interface UsedColumn {
  readonly column: number;
  readonly name: string;
  readonly what: 'text' | 'label';
}

function usedColumns({ text, label, pair }: Columns, { columns }: TableReader): UsedColumn[] {
  const used = (what: UsedColumn['what'], places: number | readonly number[]) =>
    [places].flat().map((column) => ({ column, name: columns[column] as string, what }));
  return [...used('text', text), ...used('label', label), ...used('text', pair ?? [])];
}

/** What is wrong with the cells of a row that are used. */
export function findProblem(row: Row, file: string, used: readonly UsedColumn[]): string | undefined {
  for (const { column, name, what } of used) {
    const cell = row.cells[column];
    if (cell === undefined || (what === 'text' && typeof cell !== 'string')) {
      return `expected a ${what} as "${name}", found none`;
    }
    if (trimmed(cell) === '') return `expected a ${what} as "${name}", got an empty cell`;
    if (isDoubtful(cell) && !isUtf8(readBytes(file, row.offset, row.length))) {
      return 'expected UTF-8 text, got bytes of another encoding; save the file as "CSV UTF-8"';
    }
  }
  return undefined;
}

/** A cell that is there, without spaces around it. */
const trimmed = (cell: Cell): LabelCell => (typeof cell === 'string' ? cell.trim() : (cell as LabelCell));

/** Whether a cell has the character that stands for bytes which are no UTF-8. */
const isDoubtful = (cell: LabelCell): boolean =>
  typeof cell === 'string' ? cell.includes('\uFFFD') : cell.some(isDoubtful);
