import * as fs from 'node:fs';

/** Returns once a file's or a folder's content is on the disk. Windows cannot sync folders, and need not. */
export function sync(file: string): void {
  const isFolder = fs.statSync(file).isDirectory();
  if (isFolder && process.platform === 'win32') return;
  const handle = fs.openSync(file, isFolder ? 'r' : 'r+'); // Windows syncs only what may be written
  try {
    fs.fsyncSync(handle);
  } finally {
    fs.closeSync(handle);
  }
}
