import * as fs from 'node:fs';
import { UserError } from '../../lib/core/errors';

/** A line and where it stands. */
export interface Line {
  /** Bytes of the file before it. */
  readonly offset: number;
  /** With its line end. */
  readonly bytes: Buffer;
}

const [NEWLINE, RETURN] = [10, 13];

/** Bytes of a row at most: more is a quote that was never closed, or no table. */
export const LONGEST_ROW = 2 ** 22;

/**
 * The lines of a file, one chunk of it in memory at a time.
 *
 * @param stream what is read instead, of which `file` is the name.
 * @throws UserError for a line of more than 4 MiB.
 */
export async function* linesOf(
  file: string,
  stream: AsyncIterable<Buffer> = fs.createReadStream(file),
): AsyncGenerator<Line> {
  let [offset, line] = [0, 1];
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of stream) {
    const bytes = Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      yield { offset: offset + start, bytes: bytes.subarray(start, end + 1) };
      start = end + 1;
      line++;
    }
    offset += start;
    rest = bytes.subarray(start);
    if (rest.length > LONGEST_ROW) {
      throw new UserError(`${file}:${line}: expected lines of at most 4 MiB.`);
    }
  }
  if (rest.length > 0) yield { offset, bytes: rest };
}

/**
 * The number, from 1, of the first line at or after an offset that is not blank. It counts the line ends before it: wanted only where
 * something is wrong, so that reading what is right stays fast.
 */
export async function lineAt(file: string, offset: number): Promise<number> {
  let [line, position, before] = [1, 0, 0];
  for await (const chunk of fs.createReadStream(file) as AsyncIterable<Buffer>) {
    for (const byte of chunk) {
      const isEnd = byte === NEWLINE || byte === RETURN;
      if (position++ >= offset && !isEnd && byte !== 32) return line;
      if (isEnd && !(byte === NEWLINE && before === RETURN)) line++;
      before = byte;
    }
  }
  return line;
}
