import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { gzippedFileLength } from '../../lib/core/gzipped-file-length';

/** Bytes of which three quarters are 0. */
const strewn = (length: number) =>
  Uint8Array.from({ length }, (_, i) => (i % 4 === 0 ? (i * 2654435761) >>> 24 : 0));

let folder: string;
beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gzip-'))));
afterEach(() => fs.rmSync(folder, { recursive: true }));

function lengthOf(bytes: Uint8Array): number {
  const file = path.join(folder, 'file');
  fs.writeFileSync(file, bytes);
  return gzippedFileLength(file);
}

test.each([0, 1, 100_000])('a file of %d bytes has as many as gzip makes of it', (length) => {
  expect(lengthOf(strewn(length))).toBe(gzipSync(strewn(length)).length);
});

test('a long one is compressed in parts, which are one gzip file', () => {
  const [part, rest] = [new Uint8Array(2 ** 26), strewn(1000)];
  const parts = [part, rest].map((bytes) => gzipSync(bytes));
  expect(lengthOf(Buffer.concat([part, rest]))).toBe(parts[0]!.length + parts[1]!.length);
  expect(gunzipSync(Buffer.concat(parts)).length).toBe(2 ** 26 + 1000);
});
