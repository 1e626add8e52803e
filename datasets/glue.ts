import * as fs from 'node:fs';
import * as path from 'node:path';
import { UserError } from '../lib/core/errors';
import type { Dataset } from './dataset';
import { GLUE_TASKS, GlueFacts, GlueTask } from './glue-tasks';
import { readTsv } from './tsv';

/** Options of {@link readGlue}. */
export interface ReadGlueOptions {
  /** Reads only the first rows of the training file; all by default. */
  readonly limit?: number;
}

/**
 * Reads a task's `train.tsv` and `dev.tsv` as GLUE distributes them.
 *
 * @param dataDir the folder that holds the tasks' folders, such as `SST-2`.
 * @throws UserError for a missing file, and for a malformed row with its file and line.
 *
 * @example const { train, dev, labels } = readGlue('sst2', 'data/glue', { limit: 20000 });
 */
export function readGlue(task: GlueTask, dataDir: string, { limit }: ReadGlueOptions = {}): Dataset {
  const { folder, format, labels, metric, regression }: GlueFacts = GLUE_TASKS[task];
  if (fs.existsSync(path.join(dataDir, 'train.tsv'))) {
    throw new UserError(
      `Expected a folder with the folder ${folder} in it, got ${dataDir}, which has a train.tsv itself; give the folder above it.`,
    );
  }
  const read = (file: string, rows?: number) => readTsv(path.join(dataDir, folder, file), format, rows);
  return {
    name: folder,
    train: read('train.tsv', limit),
    dev: read('dev.tsv'),
    labels,
    metric,
    regression,
  };
}
