import fs from 'node:fs';
import path from 'node:path';
import { UserError } from '../lib/core/errors';

/** A folder of checkpoints that survives being killed at any moment. */
export interface CheckpointStore {
  readonly folder: string;
  /** The folder of the newest complete checkpoint; undefined if there is none yet. */
  latest(): string | undefined;
  /** Makes a checkpoint of what `fill` writes into the folder it is given. Saving the latest step again does nothing. */
  save(step: number, fill: (folder: string) => void): void;
}

const LATEST = 'latest';
const PARTIAL = '.partial';
const CHECKPOINT = /^step-(\d+)$/;

/**
 * Opens a folder of checkpoints, made if missing: `step-<n>/` for each, and a file `latest` that names the newest complete one.
 *
 * A checkpoint is filled under another name, every file and the folder are synced, and only then it gets its name; after that
 * `latest` is replaced by one rename. So at every moment `latest` names a complete checkpoint on the disk, and the one before it
 * is deleted only by the save after the next: the last two are kept. What a killed run left unfinished is removed here.
 *
 * @throws UserError if `latest` names no checkpoint.
 */
export function checkpointStore(folder: string): CheckpointStore {
  fs.mkdirSync(folder, { recursive: true });
  const store: CheckpointStore = {
    folder,
    latest: () => readLatest(folder),
    save(step, fill) {
      const name = `step-${step}`;
      if (store.latest() === path.join(folder, name)) return;
      publish(folder, name, fill);
      point(folder, name);
      removeStale(folder, step);
    },
  };
  const newest = store.latest();
  removeStale(folder, newest === undefined ? -1 : stepOf(path.basename(newest)));
  return store;
}

function publish(folder: string, name: string, fill: (folder: string) => void): void {
  const partial = path.join(folder, name + PARTIAL);
  fs.rmSync(partial, { recursive: true, force: true });
  fs.mkdirSync(partial);
  fill(partial);
  for (const file of fs.readdirSync(partial)) sync(path.join(partial, file));
  sync(partial);
  fs.renameSync(partial, path.join(folder, name));
  sync(folder);
}

function point(folder: string, name: string): void {
  const partial = path.join(folder, LATEST + PARTIAL);
  fs.writeFileSync(partial, `${name}\n`);
  sync(partial);
  fs.renameSync(partial, path.join(folder, LATEST));
  sync(folder);
}

/** Removes everything of ours but the checkpoint of `newest` steps and the one before it. */
function removeStale(folder: string, newest: number): void {
  const names = fs.readdirSync(folder);
  const steps = names.filter((name) => CHECKPOINT.test(name)).map(stepOf);
  const previous = Math.max(...steps.filter((step) => step < newest));
  const stale = names.filter((name) => {
    if (name.endsWith(PARTIAL)) return true;
    return CHECKPOINT.test(name) && stepOf(name) !== newest && stepOf(name) !== previous;
  });
  for (const name of stale) fs.rmSync(path.join(folder, name), { recursive: true, force: true });
}

function readLatest(folder: string): string | undefined {
  const pointer = path.join(folder, LATEST);
  if (!fs.existsSync(pointer)) return undefined;
  const name = fs.readFileSync(pointer, 'utf8').trim();
  const checkpoint = path.join(folder, name);
  if (CHECKPOINT.test(name) && fs.existsSync(checkpoint)) return checkpoint;
  const complete = fs.readdirSync(folder).filter((entry) => CHECKPOINT.test(entry));
  throw new UserError(
    `${pointer} is damaged: it should name a checkpoint beside it but contains "${name.slice(0, 80)}"; ` +
      `write the name of one into it (${complete.join(', ') || 'there is none'}), or delete ${folder} to start over.`,
  );
}

function stepOf(name: string): number {
  return Number(CHECKPOINT.exec(name)?.[1]);
}

/** Returns once a file's or a folder's content is on the disk. Windows cannot sync folders, and need not. */
function sync(file: string): void {
  if (process.platform === 'win32' && fs.statSync(file).isDirectory()) return;
  const handle = fs.openSync(file, 'r');
  try {
    fs.fsyncSync(handle);
  } finally {
    fs.closeSync(handle);
  }
}
