import * as fs from 'node:fs';
import * as path from 'node:path';
import { sync } from './sync';

/**
 * Makes a file that is either the old one or the whole new one, whenever the process is killed: a neighbour, `<file>.part`, is
 * written and synced, then renamed. Makes the folder if it is missing.
 *
 * @param write is given the neighbour's name and writes it.
 */
export function writeAtomically(file: string, write: (part: string) => void): void {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const part = `${file}.part`;
  write(part);
  sync(part);
  fs.renameSync(part, file);
}

/** `writeAtomically` of a text. */
export function writeFileAtomically(file: string, text: string): void {
  writeAtomically(file, (part) => fs.writeFileSync(part, text));
}
