import * as fs from 'node:fs';
import * as path from 'node:path';
import { UserError } from '../../lib/core/errors';
import { DownloadOptions, downloadFile } from './file';
import { hostOf } from './hosts';
import { GLUE_DOWNLOADS, GlueDownload } from './glue-files';
import { unzipTables } from './unzip';

/** Options of {@link downloadGlue}. */
export interface DownloadGlueOptions extends Omit<DownloadOptions, 'headers' | 'label'> {
  /** The folder of GLUE folders to be. */
  readonly dataDir: string;
  /** Use what is there and nothing else; false by default. */
  readonly offline?: boolean;
  /** What makes the folder; GLUE's own files by default. */
  readonly files?: readonly GlueDownload[];
}

/** The host that GLUE's download script names. */
const HOST = 'https://dl.fbaipublicfiles.com';

/**
 * Downloads the folder of a GLUE task, unless it is there: verified, unpacked, and given its name in one piece. The host is
 * `WHITTLE_GLUE_HOST` where that is set.
 *
 * @param folder a task's folder as GLUE names it, such as `SST-2`.
 * @throws UserError if it cannot be downloaded, has other bytes than published, or, offline, is missing.
 *
 * @example await downloadGlue('CoLA', { dataDir: 'data/glue' }); // then readGlue('cola', 'data/glue')
 */
export async function downloadGlue(folder: string, options: DownloadGlueOptions): Promise<void> {
  const { dataDir, offline = false, files = GLUE_DOWNLOADS[folder] ?? [], ...patience } = options;
  const target = path.join(dataDir, folder);
  if (fs.existsSync(target)) return;
  if (offline) {
    throw new UserError(
      `Expected ${folder} in ${dataDir}, being offline; run it once without \`offline\`, or give \`dataDir\`.`,
    );
  }
  const host = hostOf('WHITTLE_GLUE_HOST', HOST);
  const downloaded: string[] = [];
  for (const { address, content, name = path.posix.basename(address) } of files) {
    const file = path.join(dataDir, 'downloads', name);
    await downloadFile(`${host}/${address}`, file, content, patience);
    downloaded.push(file);
  }
  await unpack(downloaded, folder, target);
}

/** Makes the folder under another name first: a folder of a task's name has all of it. */
async function unpack(downloaded: readonly string[], folder: string, target: string): Promise<void> {
  const part = fs.mkdtempSync(`${target}.part-`);
  try {
    for (const file of downloaded) {
      if (!file.endsWith('.zip')) fs.copyFileSync(file, path.join(part, path.basename(file)));
      else if ((await unzipTables(file, folder, part)).length === 0) {
        throw new UserError(
          `Expected the folder ${folder} in ${file}, but it has no such tables; delete it.`,
        );
      }
    }
    fs.renameSync(part, target);
    downloaded.forEach((file) => fs.rmSync(file));
  } finally {
    fs.rmSync(part, { recursive: true, force: true });
  }
}
