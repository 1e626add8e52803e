import * as fs from 'node:fs';
import { isUtf8 } from 'node:buffer';
import { UserError } from '../lib/core/errors';
import { describeOther } from './table/rows';
import { lineCutter } from './table/lines';

/** Bytes that are in memory at a time, beside a line. */
const CHUNK_BYTES = 2 ** 20;

/**
 * The lines of a text in UTF-8, without their ends, read anew each time they are asked for, and a little of the file at a time: it may be
 * larger than memory.
 *
 * @throws UserError if there is no such file, or none that can be read twice, here; when it is read, for a line of more than 4 MiB, and for
 *   bytes that are not UTF-8.
 */
export function textLines(file: string): Iterable<string> {
  const found = fs.statSync(file, { throwIfNoEntry: false });
  if (found?.isFile()) return { [Symbol.iterator]: () => linesIn(file) };
  throw new UserError(`Expected a text file to learn from as ${file}, found ${describeOther(found)}.`);
}

function* linesIn(file: string): Generator<string> {
  const cut = lineCutter(file);
  let line = 1;
  const textOf = (bytes: Buffer): string => {
    const text = bytes.toString('utf8').replace(/\r?\n$/, '');
    const isText = !text.includes('\0') && (!text.includes('\uFFFD') || isUtf8(bytes));
    if (!isText) throw notUtf8(file, line);
    return line++ === 1 ? text.replace(/^\uFEFF/, '') : text;
  };
  for (const chunk of chunksOf(file)) for (const { bytes } of cut.linesIn(chunk)) yield textOf(bytes);
  for (const { bytes } of cut.rest()) yield textOf(bytes);
}

function* chunksOf(file: string): Generator<Buffer> {
  const descriptor = fs.openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(CHUNK_BYTES);
    for (let read = 1; read > 0;) {
      read = fs.readSync(descriptor, bytes);
      yield bytes.subarray(0, read);
    }
  } finally {
    fs.closeSync(descriptor);
  }
}

function notUtf8(file: string, line: number): UserError {
  return new UserError(
    `${file}:${line}: expected UTF-8 text, got bytes of another encoding or of no text; save the file as UTF-8.`,
  );
}
