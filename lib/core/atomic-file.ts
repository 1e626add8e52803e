import * as fs from 'node:fs';
import * as path from 'node:path';
import { undoOnFailure } from './conclude';
import { makeFolder } from './make-folder';
import { namingFile } from './naming-file';
import { sync } from './sync';

/**
 * Makes a file that is either the old one or the whole new one, whenever the process is killed: a neighbour, `<file>.part`, is
 * written and synced, then renamed. Makes the folder if it is missing. Where writing fails, the neighbour goes, and the old file stays.
 *
 * @param write is given the neighbour's name and writes it.
 */
export function writeAtomically(file: string, write: (part: string) => void): void {
  makeFolder(path.dirname(file));
  const part = `${file}.part`;
  try {
    namingFile(part, () => write(part));
    sync(part);
    fs.renameSync(part, file);
  } catch (error) {
    fs.rmSync(part, { force: true });
    throw error;
  }
}

/** `writeAtomically` of a text that comes piece by piece. */
export async function appendAtomically(
  file: string,
  fill: (append: (text: string) => void) => Promise<void>,
): Promise<void> {
  makeFolder(path.dirname(file));
  const part = `${file}.part`;
  fs.rmSync(part, { force: true });
  await undoOnFailure(
    async () => {
      await fill((text) => namingFile(part, () => fs.appendFileSync(part, text)));
      sync(part);
      fs.renameSync(part, file);
    },
    () => fs.rmSync(part, { force: true }),
  );
}

/** `writeAtomically` of a text. */
export function writeFileAtomically(file: string, text: string): void {
  writeAtomically(file, (part) => fs.writeFileSync(part, text));
}
