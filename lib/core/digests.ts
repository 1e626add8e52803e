import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';

/** The sha256 of files by their names, in hexadecimal digits. */
export type Digests = Readonly<Record<string, string>>;

/** Bytes that are read at once. */
const CHUNK = 2 ** 22;

/** The sha256 of a file's content. */
export function sha256Of(file: string): string {
  const hash = createHash('sha256');
  const bytes = Buffer.allocUnsafe(CHUNK);
  const handle = fs.openSync(file, 'r');
  try {
    for (let read = CHUNK; read > 0;) hash.update(bytes.subarray(0, (read = fs.readSync(handle, bytes))));
  } finally {
    fs.closeSync(handle);
  }
  return hash.digest('hex');
}

/** What a list of digests holds, as text. JSON: half of it is no shorter list. */
export const formatDigests = (digests: Digests) => `${JSON.stringify(digests, null, 2)}\n`;

/**
 * What is wrong with files whose digests a list beside them holds: `… is missing`, `… has other bytes than were written`; undefined if
 * they are as they were.
 */
export function damageOf(list: string): string | undefined {
  if (!fs.existsSync(list)) return `${list} is missing`;
  const digests = readDigests(list);
  if (digests === undefined) return `${list} is no list of digests`;
  const damages = Object.entries(digests).map(([name, digest]) =>
    damageOfFile(path.join(path.dirname(list), name), digest),
  );
  return damages.find((damage) => damage !== undefined);
}

function damageOfFile(file: string, digest: string): string | undefined {
  if (!fs.existsSync(file)) return `${file} is missing`;
  try {
    return sha256Of(file) === digest ? undefined : `${file} has other bytes than were written`;
  } catch (error) {
    return `${file} cannot be read (${(error as Error).message})`;
  }
}

function readDigests(list: string): Digests | undefined {
  try {
    const digests: unknown = JSON.parse(fs.readFileSync(list, 'utf8'));
    return isDigests(digests) ? digests : undefined;
  } catch {
    return undefined;
  }
}

function isDigests(value: unknown): value is Digests {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const entries = Object.entries(value);
  return entries.length > 0 && entries.every(([, digest]) => typeof digest === 'string');
}
