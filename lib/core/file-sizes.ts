import * as fs from 'node:fs';
import * as path from 'node:path';
import { UserError } from './errors';

/** A file of a folder. */
export interface FileSize {
  /** Its path in the folder, with slashes. */
  readonly file: string;
  /** As it lies on the disk. */
  readonly bytes: number;
}

/**
 * Every file of a folder with its size, by path.
 *
 * @throws UserError if there is no such folder.
 */
export function fileSizes(folder: string): FileSize[] {
  if (!fs.existsSync(folder)) {
    throw new UserError(
      `Expected the folder of a saved model at ${folder}, but there is none; save it first.`,
    );
  }
  const names = fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  return names.flatMap((file) => {
    const stats = fs.statSync(path.join(folder, file));
    return stats.isFile() ? [{ file: file.split(path.sep).join('/'), bytes: stats.size }] : [];
  });
}
