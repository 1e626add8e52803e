import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Json } from '../../lib/core/config';
import { describeDifferences, differences } from '../../lib/core/differences';
import { UserError } from '../../lib/core/errors';
import { makeFolder } from '../../lib/core/make-folder';
import { expectWhole, writeSealedText } from '../../lib/core/sealed-file';
import { parseExact, stringifyExact } from '../exact-json';
import { removeCheckpoints } from '../checkpoint-store';

/** A part of a recipe that ran, or that was found finished. */
export interface Staged<T> {
  readonly outcome: T;
  /** It was found finished. */
  readonly reused: boolean;
}

const OUTCOME = 'outcome.json';
const IDENTITY = 'identity.json';
const CHECKPOINTS = 'checkpoints';

/** Where a stage keeps its checkpoints, for as long as it is not finished. */
export const checkpointFolder = (folder: string) => path.join(folder, CHECKPOINTS);

/**
 * Runs a part of a recipe, unless its outcome exists. The outcome is written last and in one piece, so it stands for all that the
 * stage has written before; a stage that was broken off runs again, and goes on from its latest checkpoint. Checkpoints are
 * removed with the outcome; what could not be read of them stays.
 *
 * @param identity all that decides the outcome, as plain data. It is written first of all.
 * @param run what the outcome is; must be JSON.
 * @throws UserError for an outcome whose bytes are not those that were written, and for a stage of another identity, with what differs.
 */
export async function stage<T>(folder: string, identity: Json, run: () => Promise<T>): Promise<Staged<T>> {
  expectSame(folder, identity);
  const file = path.join(folder, OUTCOME);
  const reused = fs.existsSync(file);
  if (!reused) writeSealedText(file, `${JSON.stringify(await run(), null, 2)}\n`);
  expectWhole(file, remedyOf(file));
  removeCheckpoints(checkpointFolder(folder));
  return { outcome: JSON.parse(fs.readFileSync(file, 'utf8')) as T, reused };
}

/** Notes what the stage is where nobody has begun it. */
function expectSame(folder: string, identity: Json): void {
  const file = path.join(folder, IDENTITY);
  if (!fs.existsSync(file)) {
    makeFolder(folder);
    return writeSealedText(file, `${stringifyExact(identity)}\n`);
  }
  expectWhole(file, remedyOf(file));
  const found = differences(parseExact(fs.readFileSync(file, 'utf8')) as Json, identity);
  if (found.length === 0) return;
  throw new UserError(
    `Expected ${folder} to be of the same training, but ${describeDifferences(found)}; use another folder, or ${remedyOf(file)}.`,
  );
}

/** What to do about a damaged file of a stage. */
export const remedyOf = (file: string) =>
  `delete ${path.dirname(file)}, which makes the same command train that part again`;
