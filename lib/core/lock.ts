import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { UserError } from './errors';
import { mayRun, ProcessIdentity, thisProcess } from './process-identity';

/** Something that one process has for itself. */
export interface Lock {
  /** Lets others have it. */
  release(): void;
}

/** What the one who comes second is told. */
export interface LockWords {
  /** What one process has for itself: `Expected to be alone in …`. */
  readonly place: string;
  /** What to do instead of waiting: `wait until it ends, or …`. */
  readonly instead: string;
}

/**
 * Takes a lock, or finds that another process has it. The lock of a process that ended is taken over, however it ended. The end of
 * this process releases what it holds, but for a kill.
 *
 * A lock is a folder with one file, named after its holder. It is made under another name and then renamed, which the system refuses
 * while the target has a file: so one of several processes gets it, whole. A dead holder's lock is taken over by deleting the file
 * *of that holder*, which leaves the lock of one who was faster alone.
 *
 * @param folder the lock; the folder above must exist.
 * @throws UserError while another process, or this one, holds it.
 */
export function acquireLock(folder: string, words: LockWords): Lock {
  const own = nameOf(thisProcess());
  const made = `${folder}.${randomUUID()}`;
  fs.mkdirSync(made); // others may read it, which a folder of mkdtemp forbids
  try {
    fs.writeFileSync(path.join(made, own), '');
    while (!moved(made, folder)) removeDead(folder, words);
  } finally {
    fs.rmSync(made, { recursive: true, force: true });
  }
  return held(folder, own);
}

/** Runs `work` while it holds a lock (see `acquireLock`). */
export async function locked<T>(folder: string, words: LockWords, work: () => Promise<T>): Promise<T> {
  const lock = acquireLock(folder, words);
  try {
    return await work();
  } finally {
    lock.release();
  }
}

/** Whether the folder got its name: not while there is one with a file in it. */
function moved(made: string, folder: string): boolean {
  try {
    fs.renameSync(made, folder);
    return true;
  } catch (error) {
    if (TAKEN.includes((error as NodeJS.ErrnoException).code!)) return false;
    throw error;
  }
}

/** How a system says that the name is taken; Windows says so of an empty folder, too. */
const TAKEN = ['ENOTEMPTY', 'EEXIST', 'ENOTDIR', ...(process.platform === 'win32' ? ['EPERM'] : [])];

/** Removes what a dead holder left. */
function removeDead(folder: string, words: LockWords): void {
  for (const name of holders(folder)) {
    const holder = identityOf(name);
    if (!holder || mayRun(holder)) throw refusal(folder, holder, words);
    fs.rmSync(path.join(folder, name), { force: true });
  }
  removeEmpty(folder);
}

/** Files of a lock: one, or none of one that is being released. */
function holders(folder: string): string[] {
  try {
    return fs.readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new UserError(
      `Expected a lock at ${folder}, but it is no folder that can be read; remove it if no process needs it.`,
      { cause: error },
    );
  }
}

function refusal(folder: string, holder: ProcessIdentity | undefined, words: LockWords): UserError {
  const { place, instead } = words;
  if (!holder) {
    return new UserError(
      `Expected to be alone in ${place}, but ${folder} names a holder that this version does not know; remove it if no process works there.`,
    );
  }
  const { pid, host } = holder;
  if (host !== thisProcess().host) {
    return new UserError(
      `Expected to be alone in ${place}, but process ${pid} of host ${host} works there, as far as can be told from here; ` +
        `wait until it ends, or remove ${folder} if it has.`,
    );
  }
  const who = pid === process.pid ? 'this process already works there' : `process ${pid} works there`;
  return new UserError(`Expected to be alone in ${place}, but ${who}; wait until it ends, or ${instead}.`);
}

/** Locks of this process, released when it ends. */
const releases = new Set<() => void>();
const releaseAll = () => releases.forEach((release) => release());

function held(folder: string, own: string): Lock {
  const release = () => {
    releases.delete(release);
    if (releases.size === 0) process.off('exit', releaseAll);
    fs.rmSync(path.join(folder, own), { force: true });
    removeEmpty(folder);
  };
  if (releases.size === 0) process.on('exit', releaseAll);
  releases.add(release);
  return { release };
}

/** Removes a folder without files; one who was faster may have filled or removed it. */
function removeEmpty(folder: string): void {
  try {
    fs.rmdirSync(folder);
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes((error as NodeJS.ErrnoException).code!)) throw error;
  }
}

const nameOf = ({ pid, host, started }: ProcessIdentity) => `${pid} ${host} ${started}`;

function identityOf(name: string): ProcessIdentity | undefined {
  const [, pid, host, started] = /^(\d+) (\S+) (\S*)$/.exec(name) ?? [];
  return host === undefined ? undefined : { pid: Number(pid), host, started: started! };
}
