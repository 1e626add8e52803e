import * as fs from 'node:fs';
import * as path from 'node:path';

/**
 * Writes a text file that is either the old one or the whole new one, whenever the process is killed: a temporary
 * neighbour, synced, then renamed. Makes the folder if it is missing.
 */
export function writeFileAtomically(file: string, text: string): void {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}.tmp`;
  const handle = fs.openSync(temporary, 'w');
  try {
    fs.writeFileSync(handle, text);
    fs.fsyncSync(handle);
  } finally {
    fs.closeSync(handle);
  }
  fs.renameSync(temporary, file);
}
