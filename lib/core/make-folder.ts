import * as fs from 'node:fs';
import * as path from 'node:path';

/**
 * Makes a folder and those above it, unless they are there. Node's own `recursive` does not come back where the system says that a folder
 * "does not exist" which can only not be made, as in `/proc` (Node 20 and 22).
 */
export function makeFolder(folder: string): void {
  const above = path.dirname(folder);
  if (above !== folder && !fs.existsSync(above)) makeFolder(above);
  try {
    fs.mkdirSync(folder);
  } catch (error) {
    if (!isFolder(folder)) throw error;
  }
}

const isFolder = (file: string) => fs.statSync(file, { throwIfNoEntry: false })?.isDirectory() === true;
