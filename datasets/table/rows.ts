import * as fs from 'node:fs';

/** What stands in a cell: nothing where a row of JSON Lines lacks the column, or has an object there or a list of more than names. */
export type Cell = string | readonly string[] | undefined;

/** Whether quotes hold a cell together, so that delimiters and line ends may stand in it, or are characters like any other. */
export type Quoting = 'quoted' | 'none';
export const quotings: readonly Quoting[] = ['quoted', 'none'];

/** A row and where it stands. */
export interface Row {
  /** Bytes of the file before it, or before blank lines before it. */
  readonly offset: number;
  /** Its bytes, with its line end. */
  readonly length: number;
  /** In the order of the columns. */
  readonly cells: readonly Cell[];
}

/** A file of rows, in one of the formats. */
export interface TableReader {
  readonly columns: readonly string[];
  /** All rows in their order, of which a few are in memory. */
  rows(): AsyncIterable<Row>;
  /** The cells of one row, from its bytes. */
  cellsOf(bytes: Buffer): readonly Cell[];
}

/** What is not a file: data are read more than once, and known by their contents. */
export function describeOther(found: fs.Stats | undefined): string {
  if (!found) return 'none';
  return found.isDirectory() ? 'a folder' : 'a pipe or a device, which can be read only once';
}

/** At most `length` bytes of a file. */
export function readBytes(file: string, offset: number, length: number): Buffer {
  const descriptor = fs.openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(length);
    return bytes.subarray(0, fs.readSync(descriptor, bytes, 0, length, offset));
  } finally {
    fs.closeSync(descriptor);
  }
}
