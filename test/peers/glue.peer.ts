import { deepStrictEqual, ok } from 'node:assert';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { Example } from '../../datasets/dataset';
import { readGlue, readGlueTest } from '../../datasets/glue';
import { glueFacts, GlueTask } from '../../datasets/glue-tasks';
import { readTsv, TsvRows } from '../../datasets/tsv';

export const name = 'glue';

/** Rows of train and dev, and how many of them are of class 1, as published; of STS-B, how many labels are in its range. */
const PUBLISHED = {
  sst2: { train: [67349, 37569], dev: [872, 444] },
  cola: { train: [8551, 6023], dev: [1043, 721] },
  mrpc: { train: [3668, 2474], dev: [408, 279] },
  rte: { train: [2490, 1241], dev: [277, 131] },
  wnli: { train: [635, 312], dev: [71, 31] },
  stsb: { train: [5749, 5749], dev: [1500, 1500] },
} as const;

function count(task: GlueTask, examples: readonly Example[]): [number, number] {
  const [least, greatest] = glueFacts(task).range ?? [1, 1];
  return [examples.length, examples.filter(({ label }) => label >= least && label <= greatest).length];
}

/** Reads the real files and counts their rows. */
export function check(_python: string, shared: string | undefined): Promise<string> {
  if (!shared) return Promise.resolve('skipped: no folder of shared data');
  const whole = Object.keys(PUBLISHED).map((task) =>
    wholeTask(task as keyof typeof PUBLISHED, path.join(shared, 'data/glue')),
  );
  checkOriginalMrpc(path.join(shared, 'data/glue'));
  const parts = [
    ...partsOf('qnli', path.join(shared, 'data/glue')),
    ...['mnli', 'qnli', 'qqp'].flatMap((task) =>
      partsOf(task as GlueTask, path.join(shared, 'data/glue-samples')),
    ),
  ];
  return Promise.resolve(
    `rows and labels as published, test files too: ${whole.join(', ')}; and parts: ${parts.join(', ')}`,
  );
}

/** A task of which all files are there. */
function wholeTask(task: keyof typeof PUBLISHED, dataDir: string): string {
  const { train, dev, notes } = readGlue(task, dataDir);
  deepStrictEqual(
    { train: count(task, train), dev: count(task, dev) },
    PUBLISHED[task],
    `rows of ${task}, and those of class 1`,
  );
  const [test] = readGlueTest(task, dataDir);
  for (const note of [...notes!, test!.note]) ok(note.startsWith('as many rows as GLUE publishes'), note);
  checkIndex(path.join(dataDir, glueFacts(task).folder, 'test.tsv'));
  return `${task} ${train.length}/${dev.length}/${test!.examples.length}`;
}

/** MRPC's real rows in Microsoft's layout are split as GLUE splits them. */
function checkOriginalMrpc(dataDir: string): void {
  const own = path.join(dataDir, 'MRPC');
  const made = fs.mkdtempSync(path.join(os.tmpdir(), 'mrpc-'));
  try {
    fs.mkdirSync(path.join(made, 'MRPC'));
    const [train, dev] = ['train.tsv', 'dev.tsv'].map((file) =>
      fs.readFileSync(path.join(own, file), 'utf8'),
    );
    const all = `${dev}${train!.slice(train!.indexOf('\n') + 1)}`.replaceAll('\n', '\r\n');
    fs.writeFileSync(path.join(made, 'MRPC', 'msr_paraphrase_train.txt'), all);
    fs.copyFileSync(path.join(own, 'dev_ids.tsv'), path.join(made, 'MRPC', 'dev_ids.tsv'));
    deepStrictEqual(readGlue('mrpc', made), readGlue('mrpc', dataDir), "MRPC in Microsoft's layout");
  } finally {
    fs.rmSync(made, { recursive: true });
  }
}

/** Submissions count rows from 0, as the test files do. */
function checkIndex(file: string): void {
  const rows = fs.readFileSync(file, 'utf8').trimEnd().split('\n').slice(1);
  rows.forEach((row, i) => ok(row.startsWith(`${i}\t`), `${file}:${i + 2} does not begin with ${i}`));
}

/** A task of which some files are there, under any name. */
function partsOf(task: GlueTask, dataDir: string): string[] {
  const { folder, format } = glueFacts(task);
  const files = fs.readdirSync(path.join(dataDir, folder)).filter((file) => file.endsWith('.tsv'));
  return files.map((file) => {
    const read = readTsv(path.join(dataDir, folder, file), format);
    checkLabels(read, `${folder}/${file}`, format.classes!.length);
    return `${folder}/${file} ${read.rows}`;
  });
}

function checkLabels({ examples, broken }: TsvRows, file: string, classes: number): void {
  deepStrictEqual(broken, 0, `broken rows of ${file}`);
  deepStrictEqual(new Set(examples.map(({ label }) => label)).size, classes, `classes of ${file}`);
}
