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
  const cut = lineCutter(file);
  for await (const chunk of stream) yield* cut.linesIn(chunk);
  yield* cut.rest();
}

/** Cuts the chunks of a file, one after the other, into lines. */
export function lineCutter(file: string) {
  let [offset, line] = [0, 1];
  let open: Buffer = Buffer.alloc(0);
  return {
    /** The lines that end in a chunk. */
    *linesIn(chunk: Buffer): Generator<Line> {
      const bytes = Buffer.concat([open, chunk]);
      let start = 0;
      for (let end = bytes.indexOf(NEWLINE, open.length); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
        yield { offset: offset + start, bytes: bytes.subarray(start, end + 1) };
        start = end + 1;
        line++;
      }
      offset += start;
      open = bytes.subarray(start);
      if (open.length > LONGEST_ROW) throw tooLong(file, line);
    },
    /** The last one, if it has no end. */
    *rest(): Generator<Line> {
      if (open.length > 0) yield { offset, bytes: open };
    },
  };
}

/** A line is more than a row may be. */
export const tooLong = (file: string, line: number): UserError =>
  new UserError(`${file}:${line}: expected lines of at most 4 MiB, got a longer one; end it earlier.`);

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
