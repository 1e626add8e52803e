import { createHash } from 'node:crypto';
import * as fs from 'node:fs';

/** What a file must hold, known before it is downloaded. */
export interface Content {
  /** Its length. */
  readonly bytes: number;
  /** `sha256` of the bytes, or the SHA-1 that git gives a file: of `blob <bytes>`, a zero byte, and the bytes. */
  readonly algorithm: 'sha256' | 'git';
  /** In lowercase hexadecimal digits. */
  readonly digest: string;
}

/** Whether a file is there and holds exactly that content; reads all of it unless the length differs. */
export async function holds(file: string, { bytes, algorithm, digest }: Content): Promise<boolean> {
  if (!fs.existsSync(file) || sizeOf(file) !== bytes) return false;
  const hash = createHash(algorithm === 'git' ? 'sha1' : 'sha256');
  if (algorithm === 'git') hash.update(`blob ${bytes}\0`);
  for await (const chunk of fs.createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex') === digest;
}

/** Bytes of a file, 0 if there is none. */
export function sizeOf(file: string): number {
  return fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
