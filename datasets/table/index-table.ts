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
  const { labelColumn } = namesOf(columns, reader.columns);
  let labels: LabelTaker<readonly LabelCell[]> | undefined;
  const add = (cells: readonly LabelCell[]) => {
    labels ??= labelColumns(labelColumn, options, cells[0] as LabelCell);
    return labels.add(cells);
  };
  for await (const row of reader.rows()) {
    const problem = findProblem(row, file, reader, columns) ?? add(labelCells(row, columns));
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

/** The labels of a row that has them. */
function labelCells({ cells }: Row, { label }: Columns): LabelCell[] {
  return [label].flat().map((column) => {
    const cell = cells[column] as LabelCell;
    return typeof cell === 'string' ? cell.trim() : cell;
  });
}

/** What is wrong with the cells of a row that are used. */
function findProblem(
  row: Row,
  file: string,
  { columns: names }: TableReader,
  { text, label, pair }: Columns,
): string | undefined {
  const labels = [label].flat();
  for (const column of [text, ...labels, pair]) {
    if (column === undefined) continue;
    const cell = row.cells[column];
    const problem = missing(cell, labels.includes(column) ? 'label' : 'text', names[column] as string);
    if (problem) return problem;
    if (isDoubtful(cell) && !isUtf8(readBytes(file, row.offset, row.length))) {
      return 'expected UTF-8 text, got bytes of another encoding; save the file as "CSV UTF-8"';
    }
  }
  return undefined;
}

function missing(cell: Cell, what: 'label' | 'text', column: string): string | undefined {
  const isThere = typeof cell === 'string' || (what === 'label' && cell !== undefined);
  if (!isThere) return `expected a ${what} as "${column}", found none`;
  if (typeof cell === 'string' && cell.trim() === '') {
    return `expected a ${what} as "${column}", got an empty cell`;
  }
  return undefined;
}

/** Whether a cell has the character that stands for bytes which are no UTF-8. */
const isDoubtful = (cell: Cell): boolean => [cell ?? []].flat().some((text) => text.includes('\uFFFD'));
