import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { writeAtomically } from '../lib/core/atomic-file';
import type { Encoded } from './encoded';

const DIGEST_BYTES = 32;

/**
 * Writes the pieces of examples: a SHA-256 of the key and of what follows, the examples' lengths and all ids as int32, all token
 * types as uint8.
 */
export function writeEncoded(file: string, key: string, encoded: readonly Encoded[]): void {
  const total = encoded.reduce((sum, { ids }) => sum + ids.length, 0);
  const body = layout(new ArrayBuffer(4 * encoded.length + 5 * total), encoded.length);
  let start = 0;
  encoded.forEach(({ ids, typeIds }, i) => {
    body.lengths[i] = ids.length;
    body.ids.set(ids, start);
    body.typeIds.set(typeIds, start);
    start += ids.length;
  });
  const own = `${file}.${process.pid}`; // another process may be writing the same
  writeAtomically(own, (part) => {
    fs.writeFileSync(part, digestOf(key, body.bytes));
    fs.appendFileSync(part, body.bytes);
  });
  fs.renameSync(own, file);
}

/**
 * Reads what `writeEncoded` wrote.
 *
 * @returns undefined if anything in the file is not as it was written for that key.
 */
export function readEncoded(file: string, key: string, count: number): Encoded[] | undefined {
  const stored = fs.readFileSync(file);
  const bytes = Uint8Array.from(stored.subarray(DIGEST_BYTES)); // a copy, aligned
  if (!stored.subarray(0, DIGEST_BYTES).equals(digestOf(key, bytes))) return undefined;
  const { lengths, ids, typeIds } = layout(bytes.buffer, count);
  let start = 0;
  return Array.from(lengths, (length) => {
    const [from, to] = [start, (start += length)];
    return { ids: ids.subarray(from, to), typeIds: typeIds.subarray(from, to) };
  });
}

function layout(buffer: ArrayBuffer, count: number) {
  const total = (buffer.byteLength - 4 * count) / 5;
  return {
    bytes: new Uint8Array(buffer),
    lengths: new Int32Array(buffer, 0, count),
    ids: new Int32Array(buffer, 4 * count, total),
    typeIds: new Uint8Array(buffer, 4 * (count + total)),
  };
}

function digestOf(key: string, bytes: Uint8Array): Buffer {
  return createHash('sha256').update(key).update(bytes).digest();
}
