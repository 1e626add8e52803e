import * as fs from 'node:fs';
import { gzipSync } from 'node:zlib';

/** What is compressed at once: a gzip file may be several, one after the other. */
const PART = 2 ** 26;

/** Bytes of a file of any length after gzip as it comes (level 6), in parts of 64 MiB. */
export function gzippedFileLength(file: string): number {
  const part = new Uint8Array(Math.min(PART, fs.statSync(file).size));
  const handle = fs.openSync(file, 'r');
  try {
    let [gzipped, length] = [0, 0];
    do {
      length = filled(handle, part);
      if (length > 0 || gzipped === 0) gzipped += gzipSync(part.subarray(0, length)).length;
    } while (length > 0);
    return gzipped;
  } finally {
    fs.closeSync(handle);
  }
}

/** Reads on until the part is full or the file at its end. */
function filled(handle: number, part: Uint8Array): number {
  let length = 0;
  for (let read = -1; read !== 0 && length < part.length; length += read)
    read = fs.readSync(handle, part, length, part.length - length, null);
  return length;
}
