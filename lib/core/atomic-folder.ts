import * as fs from 'node:fs';
import * as path from 'node:path';
import { makeFolder } from './make-folder';
import { namingFile } from './naming-file';
import { sync } from './sync';

/**
 * Makes a folder of files that is whole wherever it is found, whenever the process is killed: a neighbour, `<folder>.part`, is filled
 * and synced, then renamed. An older folder of the name is replaced; a kill just then leaves neither, and the older one beside as
 * `<folder>.old`. Where filling fails, the neighbour goes, and the older folder stays.
 *
 * @param fill is given the neighbour's name, an empty folder, and writes files into it.
 */
export function writeFolderAtomically(folder: string, fill: (part: string) => void): void {
  const [part, old] = [`${folder}.part`, `${folder}.old`];
  fs.rmSync(part, { recursive: true, force: true });
  makeFolder(part);
  try {
    namingFile(part, () => fill(part));
    syncAll(part);
  } catch (error) {
    fs.rmSync(part, { recursive: true, force: true });
    throw error;
  }
  fs.rmSync(old, { recursive: true, force: true });
  if (fs.existsSync(folder)) fs.renameSync(folder, old);
  fs.renameSync(part, folder);
  sync(path.dirname(folder));
  fs.rmSync(old, { recursive: true, force: true });
}

function syncAll(folder: string): void {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) syncAll(file);
    else sync(file);
  }
  sync(folder);
}
