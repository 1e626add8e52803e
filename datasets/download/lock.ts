import * as fs from 'node:fs';
import { UserError } from '../../lib/core/errors';

/**
 * Runs `work` while `<file>.lock` says that this process alone writes the file. The lock of a process that was killed is taken over.
 *
 * @throws UserError if another process is at it.
 */
export async function locked<T>(file: string, work: () => Promise<T>): Promise<T> {
  const lock = `${file}.lock`;
  acquire(lock, file);
  try {
    return await work();
  } finally {
    fs.rmSync(lock, { force: true });
  }
}

function acquire(lock: string, file: string): void {
  for (;;) {
    try {
      return fs.writeFileSync(lock, String(process.pid), { flag: 'wx' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const owner = ownerOf(lock);
    if (isAlive(owner)) {
      throw new UserError(
        `Expected to be alone in writing ${file}, but process ${owner} is downloading it; start again when it is done.`,
      );
    }
    fs.rmSync(lock, { force: true });
  }
}

function ownerOf(lock: string): number {
  try {
    return Number(fs.readFileSync(lock, 'utf8'));
  } catch {
    return 0; // released in between
  }
}

function isAlive(id: number): boolean {
  if (!(id > 0)) return false;
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
