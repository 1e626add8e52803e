/**
 * Runs what writes or reads a file through its handle, where the system says what went wrong (a full disk, for example) but not with which file:
 * the error names it then, as those of opening do.
 */
export function namingFile<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const { code, path, message } = error as NodeJS.ErrnoException;
    if (code !== undefined && path === undefined) {
      Object.assign(error as Error, { path: file, message: `${message} '${file}'` });
    }
    throw error;
  }
}
