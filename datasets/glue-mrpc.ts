import * as fs from 'node:fs';
import * as path from 'node:path';
import { UserError } from '../lib/core/errors';

/** Lines of a file that make a split. */
export interface SplitSource {
  readonly file: string;
  readonly keep?: (line: string) => boolean;
}

const TRAIN = 'msr_paraphrase_train.txt';
const TEST = 'msr_paraphrase_test.txt';
const DEV_IDS = ['dev_ids.tsv', 'mrpc_dev_ids.tsv'];

/**
 * Where a split of MRPC is in the layout in which Microsoft publishes it (GLUE may not hand it out): the rows of
 * `msr_paraphrase_train.txt` whose two ids are in GLUE's `dev_ids.tsv` are its dev rows and the others its training rows;
 * `msr_paraphrase_test.txt` is its test file.
 *
 * @param split `train.tsv`, `dev.tsv` or `test.tsv`.
 * @returns undefined if the folder does not have that file.
 * @throws UserError if `dev_ids.tsv` is missing.
 */
export function originalMrpc(folder: string, split: string): SplitSource | undefined {
  const file = path.join(folder, split === 'test.tsv' ? TEST : TRAIN);
  if (!fs.existsSync(file)) return undefined;
  if (split === 'test.tsv') return { file };
  const ids = readDevIds(folder);
  return { file, keep: (line) => ids.has(line.split('\t').slice(1, 3).join('\t')) === (split === 'dev.tsv') };
}

function readDevIds(folder: string): ReadonlySet<string> {
  const file = DEV_IDS.map((name) => path.join(folder, name)).find((candidate) => fs.existsSync(candidate));
  if (file === undefined) {
    throw new UserError(
      `Expected ${path.join(folder, 'dev_ids.tsv')} beside ${TRAIN}: it says which rows GLUE evaluates on ` +
        '(dl.fbaipublicfiles.com/glue/data/mrpc_dev_ids.tsv).',
    );
  }
  const lines = fs
    .readFileSync(file, 'utf8')
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/);
  return new Set(lines.map((line) => line.trim()).filter(Boolean));
}
