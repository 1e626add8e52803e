import * as fs from 'node:fs';
import * as path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Entry, openPromise } from 'yauzl';
import { UserError } from '../../lib/core/errors';

/**
 * Unpacks the `.tsv` files that lie directly in one folder of a zip archive; whatever else is in it, names that lead out of the
 * folder among it, is left out.
 *
 * @param folder its name in the archive.
 * @param to where the files go; it must be there.
 * @returns their names.
 * @throws UserError if it is no zip archive, or a damaged one.
 */
export async function unzipTables(archive: string, folder: string, to: string): Promise<string[]> {
  const names: string[] = [];
  try {
    const zip = await openPromise(archive);
    for await (const entry of zip.eachEntry()) {
      const name = tableName(entry, folder);
      if (name === undefined) continue;
      await pipeline(
        await zip.openReadStreamPromise(entry),
        fs.createWriteStream(path.join(to, name), { flush: true }),
      );
      names.push(name);
    }
  } catch (error) {
    throw new UserError(
      `Expected a whole zip archive in ${archive}, but ${(error as Error).message}; delete it.`,
    );
  }
  return names;
}

function tableName({ fileName }: Entry, folder: string): string | undefined {
  const [first, name, ...rest] = fileName.split('/');
  return first === folder && rest.length === 0 && /^\w[\w.-]*\.tsv$/.test(name ?? '') ? name : undefined;
}
