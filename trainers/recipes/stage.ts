import * as fs from 'node:fs';
import * as path from 'node:path';
import { writeFileAtomically } from '../../lib/core/atomic-file';

/** A part of a recipe that ran, or that was found finished. */
export interface Staged<T> {
  readonly outcome: T;
  /** It was found finished. */
  readonly reused: boolean;
}

const OUTCOME = 'outcome.json';
const CHECKPOINTS = 'checkpoints';

/** Where a stage keeps its checkpoints, for as long as it is not finished. */
export const checkpointFolder = (folder: string) => path.join(folder, CHECKPOINTS);

/**
 * Runs a part of a recipe, unless its outcome exists. The outcome is written last and in one piece, so it stands for all that the
 * stage has written before; a stage that was broken off runs again, and goes on from its latest checkpoint. Checkpoints are
 * removed with the outcome.
 *
 * @param run what the outcome is; must be JSON.
 */
export async function stage<T>(folder: string, run: () => Promise<T>): Promise<Staged<T>> {
  const file = path.join(folder, OUTCOME);
  const reused = fs.existsSync(file);
  if (!reused) writeFileAtomically(file, `${JSON.stringify(await run(), null, 2)}\n`);
  fs.rmSync(checkpointFolder(folder), { recursive: true, force: true });
  return { outcome: JSON.parse(fs.readFileSync(file, 'utf8')) as T, reused };
}
