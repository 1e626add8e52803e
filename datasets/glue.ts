import * as fs from 'node:fs';
import * as path from 'node:path';
import { UserError } from '../lib/core/errors';
import type { Dataset, Example } from './dataset';
import { originalMrpc, SplitSource } from './glue-mrpc';
import { GlueFacts, glueFacts, GlueFile, GlueTask } from './glue-tasks';
import { readTsv, TsvFormat, TsvRows } from './tsv';

/** Options of {@link readGlue}. */
export interface ReadGlueOptions {
  /** Reads only the first rows of the training file; all by default. */
  readonly limit?: number;
}

/**
 * Reads a task's training and dev files as GLUE distributes them; MRPC also as Microsoft does. `notes` of the result says
 * whether the files have as many rows as GLUE publishes: subsets are read, too.
 *
 * @param dataDir the folder that holds the tasks' folders, such as `SST-2`.
 * @throws UserError for a missing file, and for a malformed row with its file and line.
 *
 * @example const { train, dev, labels } = readGlue('sst2', 'data/glue', { limit: 20000 });
 */
export function readGlue(task: GlueTask, dataDir: string, { limit }: ReadGlueOptions = {}): Dataset {
  const facts = glueFacts(task);
  const folder = taskFolder(facts, dataDir);
  const read = (file: GlueFile, rows?: number) => readSplit(folder, file, facts.format, rows);
  const train = read(facts.train, limit);
  const [dev, ...others] = facts.dev.map((file) => ({ ...file, ...read(file) }));
  const [metric, ...alsoReported] = facts.metrics;
  return {
    name: facts.folder,
    train: train.examples,
    dev: dev!.examples,
    ...(others.length > 0 && {
      otherDevs: Object.fromEntries(others.map(({ suffix, examples }) => [suffix, examples])),
    }),
    labels: facts.labels,
    metric,
    ...(alsoReported.length > 0 && { alsoReported }),
    ...(facts.range && { problem: 'regression' as const }),
    notes: [rowCounts([train, dev!, ...others])],
  };
}

/** A test file's examples, whose labels are 0, and the name under which their predictions are submitted. */
export interface GlueTest {
  /** Name of the file to hand in: `SST-2.tsv`. */
  readonly submission: string;
  /** In the order of the file, which the answers must keep. */
  readonly examples: readonly Example[];
  /** What to tell of its rows. */
  readonly note: string;
}

/**
 * Reads a task's test files: one, or MNLI's two and, where it is there, the diagnostic set that a model of MNLI answers.
 *
 * @param dataDir the folder that holds the tasks' folders.
 * @throws UserError for a missing file, and for a malformed row with its file and line.
 */
export function readGlueTest(task: GlueTask, dataDir: string): GlueTest[] {
  const facts = glueFacts(task);
  const folder = taskFolder(facts, dataDir);
  const { text, pair } = facts.format;
  const there = facts.test.filter(
    ({ name, optional }) => !optional || fs.existsSync(path.join(folder, name)),
  );
  return there.map((file) => {
    const rows = readSplit(folder, file, { text, pair });
    return { submission: file.submission, examples: rows.examples, note: rowCounts([rows]) };
  });
}

function taskFolder({ folder }: GlueFacts, dataDir: string): string {
  if (!fs.existsSync(path.join(dataDir, 'train.tsv'))) return path.join(dataDir, folder);
  throw new UserError(
    `Expected a folder with the folder ${folder} in it, got ${dataDir}, which has a train.tsv itself; give the folder above it.`,
  );
}

type Split = TsvRows & Pick<GlueFile, 'name'> & { readonly published: number };

function readSplit(folder: string, { name, rows }: GlueFile, format: TsvFormat, limit?: number): Split {
  const own = path.join(folder, name);
  const source: SplitSource = (fs.existsSync(own) ? undefined : originalMrpc(folder, name)) ?? { file: own };
  return { ...readTsv(source.file, format, { limit, keep: source.keep }), name, published: rows };
}

/** Whether files have the rows that GLUE publishes. */
function rowCounts(splits: readonly Split[]): string {
  const same = splits.every(({ rows, published }) => rows === published);
  const counts = splits.map(
    ({ name, rows, published, broken }) =>
      `${path.basename(name)} ${rows}${rows === published ? '' : ` of ${published}`}${broken ? `, ${broken} broken left out` : ''}`,
  );
  const verdict = same
    ? 'as many rows as GLUE publishes'
    : 'not the rows that GLUE publishes, so scores do not compare';
  return `${verdict}: ${counts.join('; ')}`;
}
