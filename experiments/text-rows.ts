import { findProblem, UsedColumn } from '../datasets/table/index-table';
import { findTextColumns, TextColumnOptions } from '../datasets/table/columns';
import { lineAt, linesOf } from '../datasets/table/lines';
import { tableReader } from '../datasets/table/reader';
import type { Cell, Quoting } from '../datasets/table/rows';
import type { Texts } from '../datasets/dataset';
import { UserError } from '../lib/core/errors';

/** A text, and the cells of its row. */
export interface TextRow extends Texts {
  readonly cells: readonly Cell[];
}

/** Rows with a text in each, of which a few are in memory. */
export interface TextRows {
  readonly columns: readonly string[];
  rows(): AsyncIterable<TextRow>;
}

export interface TableRowsOptions extends TextColumnOptions {
  /** What quotes mean; by default as told by the file. */
  readonly quoting?: Quoting;
}

/** Rows of a CSV, TSV or JSON Lines file. @throws UserError, with file and line, for a row without a text. */
export function tableRows(file: string, { quoting, ...options }: TableRowsOptions): TextRows {
  const reader = tableReader(file, quoting);
  const { columns } = reader;
  const { text, pair } = findTextColumns(columns, options, file);
  const used = [text, ...(pair === undefined ? [] : [pair])].map((column): UsedColumn => ({
    column,
    name: columns[column]!,
    what: 'text',
  }));
  return {
    columns,
    async *rows() {
      for await (const row of reader.rows()) {
        const problem = findProblem(row, file, used);
        if (problem) throw new UserError(`${file}:${await lineAt(file, row.offset)}: ${problem}.`);
        const [first, second] = used.map(({ column }) => row.cells[column] as string);
        yield { text: first!, pair: second, cells: row.cells };
      }
    },
  };
}

/** Lines that are not blank, of the standard input for example. @param name of what is read, in errors. */
export function lineRows(name: string, stream: AsyncIterable<Buffer>): TextRows {
  return {
    columns: ['text'],
    async *rows() {
      for await (const { bytes } of linesOf(name, stream)) {
        const text = bytes.toString('utf8').trim();
        if (text !== '') yield { text, cells: [text] };
      }
    },
  };
}
