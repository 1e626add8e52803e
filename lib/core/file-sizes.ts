import * as fs from 'node:fs';
import * as path from 'node:path';
import { UserError } from './errors';
import { gzippedFileLength } from './gzipped-file-length';

/** A file of a folder. */
export interface FileSize {
  /** Its path in the folder, with slashes. */
  readonly file: string;
  /** As it lies on the disk. */
  readonly bytes: number;
  /** Once it is compressed by gzip, as in a download, where that was asked for. */
  readonly gzippedBytes?: number;
}

export interface FileSizesOptions {
  /** Compress every file, which takes some seconds for 100 MB. Default false. */
  readonly gzip?: boolean;
}

/**
 * Every file of a folder with its size, by path.
 *
 * @throws UserError if there is no such folder.
 */
export function fileSizes(folder: string, { gzip = false }: FileSizesOptions = {}): FileSize[] {
  if (!fs.existsSync(folder)) {
    throw new UserError(
      `Expected the folder of a saved model at ${folder}, but there is none; save it first.`,
    );
  }
  const names = fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  return names.flatMap((file) => {
    const own = path.join(folder, file);
    const stats = fs.statSync(own);
    if (!stats.isFile()) return [];
    const size = { file: file.split(path.sep).join('/'), bytes: stats.size };
    return [gzip ? { ...size, gzippedBytes: gzippedFileLength(own) } : size];
  });
}
