import fs from 'node:fs';
import path from 'node:path';
import { writeFolderAtomically } from '../lib/core/atomic-folder';
import { damageOf, formatDigests, sha256Of } from '../lib/core/digests';
import { UserError } from '../lib/core/errors';
import { acquireLock } from '../lib/core/lock';
import { makeFolder } from '../lib/core/make-folder';

/** A folder of checkpoints that survives being killed at any moment. One process has it at a time. */
export interface CheckpointStore {
  /** The folder of the newest whole checkpoint; undefined if there is none yet. */
  latest(): string | undefined;
  /** Makes a checkpoint of what `fill` writes into the folder it is given. Saving the latest step again does nothing. */
  save(step: number, fill: (folder: string) => void): void;
  /** Lets another process have it. */
  close(): void;
}

/** Told what a person should know, in a sentence. */
export type OnNotice = (notice: string) => void;

const LOCK = '.lock';
const DIGESTS = 'sha256.json';
const CHECKPOINT = /^step-(\d+)$/;
const PARTIAL = /^step-\d+\.part$/;
const ASIDE = /^step-\d+\.damaged(-\d+)?$/;

/**
 * Opens a folder of checkpoints, made if missing: `step-<n>/` for each, with the digests of its files in `sha256.json`.
 *
 * A checkpoint is filled under another name, every file and the folder are synced, and only then it gets its name: what has that name
 * was whole, and its digests tell whether it still is. The newest whole one counts. A newer one that was damaged since is moved aside,
 * as `step-<n>.damaged`, and `onNotice` hears of it; it is never deleted. The last two are kept. What a killed run left unfinished is
 * removed here.
 *
 * @throws UserError if there are checkpoints but no whole one, or another process has the folder.
 */
export function checkpointStore(folder: string, onNotice: OnNotice): CheckpointStore {
  makeFolder(folder);
  const lock = acquireLock(path.join(folder, LOCK), {
    place: `the checkpoints ${folder}`,
    instead: 'train in another folder',
  });
  try {
    return { ...openStore(folder, onNotice), close: () => lock.release() };
  } catch (error) {
    lock.release();
    throw error;
  }
}

function openStore(folder: string, onNotice: OnNotice): Omit<CheckpointStore, 'close'> {
  let newest = newestWhole(folder, onNotice);
  removeStale(folder);
  return {
    latest: () => (newest === undefined ? undefined : checkpoint(folder, newest)),
    save(step, fill) {
      if (step === newest) return;
      writeFolderAtomically(checkpoint(folder, step), (part) => {
        fill(part);
        fs.writeFileSync(path.join(part, DIGESTS), formatDigests(digestsIn(part)));
      });
      newest = step;
      removeStale(folder);
    },
  };
}

/** Removes a folder's checkpoints, and the folder unless it holds something else: what could not be read, or was never ours. */
export function removeCheckpoints(folder: string): void {
  if (!fs.existsSync(folder)) return;
  const isOurs = (name: string) => CHECKPOINT.test(name) || PARTIAL.test(name) || name.startsWith(LOCK);
  const names = fs.readdirSync(folder);
  for (const name of names.filter(isOurs)) remove(folder, name);
  if (names.every(isOurs)) fs.rmdirSync(folder);
}

const checkpoint = (folder: string, step: number) => path.join(folder, `step-${step}`);

function digestsIn(folder: string): Record<string, string> {
  const names = fs.readdirSync(folder).sort();
  return Object.fromEntries(names.map((name) => [name, sha256Of(path.join(folder, name))]));
}

/** The step of the newest whole checkpoint, after moving damaged newer ones aside. */
function newestWhole(folder: string, onNotice: OnNotice): number | undefined {
  const damages: { readonly step: number; readonly damage: string }[] = [];
  for (const step of stepsIn(folder)) {
    const damage = damageOf(path.join(checkpoint(folder, step), DIGESTS));
    if (damage !== undefined) {
      damages.push({ step, damage });
      continue;
    }
    damages.forEach((found) => onNotice(movedAside(folder, found.step, found.damage, step)));
    return step;
  }
  expectNone(
    folder,
    damages.map(({ damage }) => damage),
  );
  return undefined;
}

function movedAside(folder: string, step: number, damage: string, whole: number): string {
  const aside = freeName(`${checkpoint(folder, step)}.damaged`);
  fs.renameSync(checkpoint(folder, step), aside);
  return (
    `The checkpoint of step ${step} is damaged (${damage}): it was moved to ${aside}, ` +
    `and the training goes on from step ${whole}.`
  );
}

function freeName(name: string): string {
  for (let i = 1; ; i++) {
    const candidate = i === 1 ? name : `${name}-${i}`;
    if (!fs.existsSync(candidate)) return candidate;
  }
}

/** @throws UserError if there were checkpoints, of which none is whole: a training from the start must be asked for. */
function expectNone(folder: string, damages: readonly string[]): void {
  const aside = fs.readdirSync(folder).filter((name) => ASIDE.test(name));
  const found = [...damages, ...aside.map((name) => `${name} was found damaged before`)];
  if (found.length === 0) return;
  throw new UserError(
    `Expected a whole checkpoint in ${folder}, but ${found.join(', and ')}; ` +
      'put back a copy of one, or move the folder away to start over.',
  );
}

/** Removes what is unfinished, and all checkpoints but the newest two. */
function removeStale(folder: string): void {
  const unfinished = fs.readdirSync(folder).filter((name) => PARTIAL.test(name));
  const old = stepsIn(folder).slice(2);
  for (const name of [...unfinished, ...old.map((step) => `step-${step}`)]) remove(folder, name);
}

function remove(folder: string, name: string): void {
  fs.rmSync(path.join(folder, name), { recursive: true, force: true });
}

/** Steps that have a checkpoint, the newest first. */
function stepsIn(folder: string): number[] {
  const steps = fs
    .readdirSync(folder)
    .filter((name) => CHECKPOINT.test(name))
    .map(stepOf);
  return steps.sort((a, b) => b - a);
}

/** The step that a checkpoint's folder is named for. */
export const stepOf = (folder: string): number => Number(CHECKPOINT.exec(path.basename(folder))?.[1]);
