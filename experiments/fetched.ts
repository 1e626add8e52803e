import * as path from 'node:path';
import { downloadGlue } from '../datasets/download/glue';
import { downloadModel } from '../datasets/download/hub-model';
import { hubName } from '../datasets/download/hub-name';
import { GLUE_TASKS, glueFacts, GlueTask } from '../datasets/glue-tasks';
import { userCache } from '../datasets/user-cache';
import { UserError } from '../lib/core/errors';
import { expectModelFolder } from './model-folder';

/** Options that may name what is not here yet. */
export interface Fetchable {
  readonly task?: string;
  readonly dataDir?: string;
  /** Folders are absolute; other texts are names on the Hugging Face Hub. */
  readonly model?: string;
  readonly teacher?: string;
  readonly offline: boolean;
}

/**
 * The same options with folders in the place of models' names, and with the folder of GLUE folders where none was given: what is not
 * in the caches is downloaded first. The folder of a named model has its commit in it, so that runs of two versions are two runs.
 *
 * @throws UserError for what cannot be downloaded or, offline, is missing.
 */
export async function fetched<Options extends Fetchable>(options: Options): Promise<Options> {
  process.on('SIGINT', endDownload);
  try {
    return await withFolders(options);
  } finally {
    process.off('SIGINT', endDownload);
  }
}

/** Ctrl-C ends the process, as ever, but says what becomes of the bytes. */
function endDownload(): never {
  process.stderr.write(
    '\nStopped by Ctrl-C; what has come is kept, and the same command goes on from there.\n',
  );
  process.exit(130);
}

async function withFolders<Options extends Fetchable>(options: Options): Promise<Options> {
  const { offline } = options;
  const model = await folderOf(options.model, 'model', offline);
  const teacher = await folderOf(options.teacher, 'teacher', offline);
  const dataDir = options.dataDir ?? (await glueFolder(options.task, offline));
  return { ...options, model, teacher, dataDir };
}

async function folderOf(
  model: string | undefined,
  option: string,
  offline: boolean,
): Promise<string | undefined> {
  if (model === undefined) return model;
  if (path.isAbsolute(model) || !hubName(model)) {
    expectModelFolder(model, option);
    return model;
  }
  const { folder } = await downloadModel(model, offline ? { offline } : {}); // HF_HUB_OFFLINE says the same
  return folder;
}

/** The folder of GLUE folders, with that of the task in it; undefined for what is no task of GLUE. */
async function glueFolder(task: string | undefined, offline: boolean): Promise<string | undefined> {
  if (task === undefined || !isGlue(task)) return undefined;
  const cache = userCache();
  if (cache === undefined) {
    throw new UserError(
      `Expected --data-dir <folder of GLUE folders> for --task ${task}, since WHITTLE_CACHE is off and nothing is kept.`,
    );
  }
  const dataDir = path.join(cache, 'glue');
  for (const folder of foldersOf(task)) await downloadGlue(folder, { dataDir, offline });
  return dataDir;
}

/** MNLI's models answer GLUE's diagnostic sentences, too. */
const foldersOf = (task: GlueTask) => [glueFacts(task).folder, ...(task === 'mnli' ? ['diagnostic'] : [])];

const isGlue = (task: string): task is GlueTask => task in GLUE_TASKS;
