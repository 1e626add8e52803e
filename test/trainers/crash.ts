import fs from 'node:fs';
import path from 'node:path';

/** The calls that change what is on the disk. */
const WRITES = [
  'mkdirSync',
  'openSync',
  'writeFileSync',
  'writeSync',
  'fsyncSync',
  'renameSync',
  'rmSync',
  'unlinkSync',
] as const;

const { unlinkSync } = fs;

/** What a crash throws, from the operation on which the "process" dies and from every later one. */
export class Crash extends Error {}

/**
 * Runs `body` as a process that is killed at its `limit`-th disk operation: that one and all later ones do not happen (of a
 * write or of the removal of a folder, a part does). Returns the operations that happened, and whether the limit was reached.
 */
export async function crashAt(
  limit: number,
  body: () => unknown,
): Promise<{ operations: string[]; crashed: boolean }> {
  const run = interrupted(limit);
  try {
    await body();
  } catch (error) {
    if (!(error instanceof Crash)) throw error;
  } finally {
    run.restore();
  }
  return run.result();
}

function interrupted(limit: number) {
  const operations: string[] = [];
  let count = 0;
  const originals = WRITES.map((name) => [name, fs[name]] as const);
  const halfDone = (name: string, original: (...args: unknown[]) => unknown, args: unknown[]) => {
    if (count !== limit + 1) return;
    if (name.startsWith('write')) original(args[0], firstHalf(args[1] as string | Uint8Array));
    if (name === 'rmSync') removeOneOf(String(args[0]));
  };
  for (const [name, original] of originals) {
    const call = original as unknown as (...args: unknown[]) => unknown;
    const wrapped = (...args: unknown[]) => {
      count++;
      if (count > limit) {
        halfDone(name, call, args);
        throw new Crash(`killed at disk operation ${limit}`);
      }
      operations.push(`${name} ${String(args[0])}`);
      return call(...args);
    };
    Object.defineProperty(fs, name, { value: wrapped, configurable: true, writable: true, enumerable: true });
  }
  return {
    restore: () => originals.forEach(([name, original]) => Object.assign(fs, { [name]: original })),
    result: () => ({ operations, crashed: count > limit }),
  };
}

function firstHalf(data: string | Uint8Array): Uint8Array {
  const bytes = Buffer.from(data as Uint8Array);
  return bytes.subarray(0, bytes.length / 2);
}

function removeOneOf(folder: string): void {
  const [first] = fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory() ? fs.readdirSync(folder) : [];
  if (first !== undefined) unlinkSync(path.join(folder, first));
}
