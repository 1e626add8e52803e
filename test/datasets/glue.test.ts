import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { UserError } from '../../lib/core/errors';
import type { Dataset } from '../../datasets/dataset';
import { readGlue, readGlueTest } from '../../datasets/glue';
import { GLUE_TASKS, glueFacts, GlueTask } from '../../datasets/glue-tasks';

let dataDir: string;

beforeEach(() => (dataDir = fs.mkdtempSync(path.join(os.tmpdir(), 'glue-'))));
afterEach(() => fs.rmSync(dataDir, { recursive: true }));

/** Writes the files of a task. */
function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(dataDir, folder, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
  }
}

const write = (folder: string, train: string, dev: string) =>
  writeFiles(folder, { 'train.tsv': train, 'dev.tsv': dev });

const HEADER = 'sentence\tlabel\n';
const DEV = `${HEADER}fine\t1\n`;

/** The message of the error that reading a task ends with. */
function complaint(task: GlueTask = 'sst2', folder = dataDir): string {
  try {
    readGlue(task, folder);
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return (error as UserError).message;
  }
  throw new Error('expected an error');
}

it('reads SST-2', () => {
  write('SST-2', `${HEADER}a gem \t1\nno wit , only gags \t0\n`, DEV);
  expect(readGlue('sst2', dataDir)).toEqual({
    name: 'SST-2',
    train: [
      { text: 'a gem ', label: 1 },
      { text: 'no wit , only gags ', label: 0 },
    ],
    dev: [{ text: 'fine', label: 1 }],
    labels: ['negative', 'positive'],
    metric: 'accuracy',
    notes: [
      'not the rows that GLUE publishes, so scores do not compare: train.tsv 2 of 67349; dev.tsv 1 of 872',
    ],
  });
});

it('reads CoLA, whose files have no header', () => {
  write('CoLA', 'gj04\t1\t\tThey drank.\nbc01\t0\t*\tThey drank the.\n', 'clc95\t1\t\tIt rained.\n');
  const { train, dev, metric, labels } = readGlue('cola', dataDir);
  expect(train).toEqual([
    { text: 'They drank.', label: 1 },
    { text: 'They drank the.', label: 0 },
  ]);
  expect(dev).toEqual([{ text: 'It rained.', label: 1 }]);
  expect([metric, labels]).toEqual(['mcc', ['unacceptable', 'acceptable']]);
});

it('takes quotes as they are, a byte-order mark, Windows line ends, and a last line without an end', () => {
  write('SST-2', `\uFEFF${HEADER}an "ode\t1\n"to" joy"\t0`.replaceAll('\n', '\r\n'), DEV);
  expect(readGlue('sst2', dataDir).train).toEqual([
    { text: 'an "ode', label: 1 },
    { text: '"to" joy"', label: 0 },
  ]);
});

it('reads the first rows of the training file only, and all of the dev file', () => {
  write('SST-2', `${HEADER}a\t1\nb\t0\nc\tmalformed\n`, `${DEV}bad\t0\n`);
  const { train, dev } = readGlue('sst2', dataDir, { limit: 2 });
  expect(train.map(({ text }) => text)).toEqual(['a', 'b']);
  expect(dev).toHaveLength(2);
});

/** The first lines of every task's files as GLUE distributes them, and a row of each. */
const OFFICIAL: Record<GlueTask, { train: string; test: string; read: Partial<Dataset> }> = {
  cola: {
    train: 'gj04\t0\t*\tThey drank the.\n',
    test: 'index\tsentence\n0\tIt rained.\n',
    read: { train: [{ text: 'They drank the.', label: 0 }], metric: 'mcc' },
  },
  sst2: {
    train: 'sentence\tlabel\na gem \t1\n',
    test: 'index\tsentence\n0\tIt rained.\n',
    read: { train: [{ text: 'a gem ', label: 1 }], metric: 'accuracy' },
  },
  mrpc: {
    train: '\uFEFFQuality\t#1 ID\t#2 ID\t#1 String\t#2 String\r\n1\t7\t8\tHe said "yes.\tHe agreed.\r\n',
    test: 'index\t#1 ID\t#2 ID\t#1 String\t#2 String\n0\t1\t2\tIt rained.\tIt was wet.\n',
    read: {
      train: [{ text: 'He said "yes.', pair: 'He agreed.', label: 1 }],
      metric: 'f1',
      alsoReported: ['accuracy'],
    },
  },
  stsb: {
    train:
      'index\tgenre\tfilename\tyear\told_index\tsource1\tsource2\tsentence1\tsentence2\tscore\n' +
      '0\tmain\tMSRvid\t2012\t1\tnone\tnone\tA plane.\tAn air plane.\t4.750\n',
    test:
      'index\tgenre\tfilename\tyear\told_index\tsource1\tsource2\tsentence1\tsentence2\n' +
      '0\tmain\tMSRvid\t2012\t1\tnone\tnone\tIt rained.\tIt was wet.\n',
    read: {
      train: [{ text: 'A plane.', pair: 'An air plane.', label: 4.75 }],
      metric: 'pearson',
      alsoReported: ['spearman'],
      problem: 'regression',
      labels: ['similarity'],
    },
  },
  qqp: {
    train: 'id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate\n133\t21\t22\tWhy?\tHow?\t1\n',
    test: 'id\tquestion1\tquestion2\n0\tIt rained.\tIt was wet.\n',
    read: {
      train: [{ text: 'Why?', pair: 'How?', label: 1 }],
      metric: 'f1',
      alsoReported: ['accuracy'],
    },
  },
  mnli: {
    train:
      'index\tpromptID\tpairID\tgenre\tsentence1_binary_parse\tsentence2_binary_parse\tsentence1_parse\t' +
      'sentence2_parse\tsentence1\tsentence2\tlabel1\tgold_label\n' +
      '0\t3\t3n\ttravel\t( a )\t( b )\t(A)\t(B)\tIt rains.\tn/a\tneutral\tcontradiction\n',
    test:
      'index\tpromptID\tpairID\tgenre\tsentence1_binary_parse\tsentence2_binary_parse\tsentence1_parse\t' +
      'sentence2_parse\tsentence1\tsentence2\n0\t3\t3n\ttravel\t( a )\t( b )\t(A)\t(B)\tIt rained.\tIt was wet.\n',
    read: {
      train: [{ text: 'It rains.', pair: 'n/a', label: 2 }],
      metric: 'accuracy',
      labels: ['entailment', 'neutral', 'contradiction'],
    },
  },
  qnli: {
    train: 'index\tquestion\tsentence\tlabel\n0\tWho?\tNobody.\tnot_entailment\n',
    test: 'index\tquestion\tsentence\n0\tIt rained.\tIt was wet.\n',
    read: { train: [{ text: 'Who?', pair: 'Nobody.', label: 1 }], metric: 'accuracy' },
  },
  rte: {
    train: 'index\tsentence1\tsentence2\tlabel\n0\tIt rains.\tIt is wet.\tentailment\n',
    test: 'index\tsentence1\tsentence2\n0\tIt rained.\tIt was wet.\n',
    read: { train: [{ text: 'It rains.', pair: 'It is wet.', label: 0 }], metric: 'accuracy' },
  },
  wnli: {
    train: 'index\tsentence1\tsentence2\tlabel\n0\tIt rains.\tIt is wet.\t1\n',
    test: 'index\tsentence1\tsentence2\n0\tIt rained.\tIt was wet.\n',
    read: { train: [{ text: 'It rains.', pair: 'It is wet.', label: 1 }], metric: 'accuracy' },
  },
};

describe.each(Object.keys(OFFICIAL) as GlueTask[])('%s', (task) => {
  const { train, test, read } = OFFICIAL[task];
  const facts = glueFacts(task);
  beforeEach(() =>
    writeFiles(facts.folder, {
      'train.tsv': train,
      ...Object.fromEntries(facts.dev.map(({ name }) => [name, train])),
      ...Object.fromEntries(facts.test.map(({ name }) => [name, test])),
    }),
  );

  it('is read in the layout in which GLUE distributes it', () => {
    const dataset = readGlue(task, dataDir);
    expect(dataset).toMatchObject(read);
    expect(dataset.dev).toEqual(dataset.train);
  });

  it('has a test file without labels', () => {
    const pair = facts.format.pair ? { pair: 'It was wet.' } : {};
    expect(readGlueTest(task, dataDir).map(({ examples }) => examples)).toEqual(
      facts.test.map(() => [{ text: 'It rained.', ...pair, label: 0 }]),
    );
  });

  it('has a class for every label', () => {
    expect(facts.labels).toHaveLength(facts.format.classes?.length ?? 1);
  });
});

it('evaluates MNLI on the matched set, and on the mismatched one beside it', () => {
  const header = 'sentence1\tsentence2\tlabel1\tlabel2\tgold_label\n';
  writeFiles('MNLI', {
    'train.tsv': `${header}a\tb\tneutral\tneutral\tneutral\n`,
    'dev_matched.tsv': `${header}c\td\tneutral\tentailment\tentailment\n`,
    'dev_mismatched.tsv': `${header}e\tf\tneutral\tcontradiction\tcontradiction\n`,
  });
  const { dev, otherDevs, notes } = readGlue('mnli', dataDir);
  expect(dev).toEqual([{ text: 'c', pair: 'd', label: 0 }]);
  expect(otherDevs).toEqual({ mm: [{ text: 'e', pair: 'f', label: 2 }] });
  expect(notes![0]).toMatch(
    /train.tsv 1 of 392702; dev_matched.tsv 1 of 9815; dev_mismatched.tsv 1 of 9832$/,
  );
});

it('answers the diagnostic set with a model of MNLI where it is there', () => {
  const test = 'index\tsentence1\tsentence2\n0\ta\tb\n';
  writeFiles('MNLI', { 'test_matched.tsv': test, 'test_mismatched.tsv': test });
  const names = () => readGlueTest('mnli', dataDir).map(({ submission }) => submission);
  expect(names()).toEqual(['MNLI-m.tsv', 'MNLI-mm.tsv']);
  writeFiles('diagnostic', { 'diagnostic.tsv': test });
  expect(names()).toEqual(['MNLI-m.tsv', 'MNLI-mm.tsv', 'AX.tsv']);
  expect(readGlueTest('mnli', dataDir)[2]!.note).toMatch(/: diagnostic\.tsv 1 of 1104$/);
});

it('leaves out and counts the broken rows of QQP, and keeps its empty questions', () => {
  const header = 'id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate\n';
  write(
    'QQP',
    `${header}1\t2\t3\tWas\n"\tWas he real?\t0\n4\t5\t6\tHow?\t\t0\n`,
    `${header}7\t8\t9\ta\tb\t1\n`,
  );
  const { train, notes } = readGlue('qqp', dataDir);
  expect(train).toEqual([{ text: 'How?', pair: '', label: 0 }]);
  expect(notes![0]).toContain('train.tsv 1 of 363846, 2 broken left out');
});

it('says that the rows are those that GLUE publishes, whatever the limit', () => {
  const rows = (count: number) => `index\tsentence1\tsentence2\tlabel\n${'0\ta\tb\t1\n'.repeat(count)}`;
  write('WNLI', rows(635), rows(71));
  const { train, notes } = readGlue('wnli', dataDir, { limit: 5 });
  expect(train).toHaveLength(5);
  expect(notes).toEqual(['as many rows as GLUE publishes: train.tsv 635; dev.tsv 71']);
});

describe('MRPC as Microsoft distributes it', () => {
  const HEAD = '\uFEFFQuality\t#1 ID\t#2 ID\t#1 String\t#2 String\r\n';
  const original = {
    'msr_paraphrase_train.txt': `${HEAD}1\t10\t11\ta\tb\r\n0\t20\t21\tc\td\r\n1\t30\t31\te\tf\r\n`,
    'msr_paraphrase_test.txt': `${HEAD}1\t40\t41\tg\th\r\n`,
  };

  it("is split by GLUE's list of dev ids", () => {
    writeFiles('MRPC', { ...original, 'dev_ids.tsv': '20\t21\n10\t99\n' });
    const { train, dev } = readGlue('mrpc', dataDir);
    expect(train.map(({ text }) => text)).toEqual(['a', 'e']);
    expect(dev).toEqual([{ text: 'c', pair: 'd', label: 0 }]);
    expect(readGlueTest('mrpc', dataDir)[0]!.examples).toEqual([{ text: 'g', pair: 'h', label: 0 }]);
  });

  it('counts lines in the original file', () => {
    const broken = original['msr_paraphrase_train.txt'].replace('\te\tf', '\t\tf');
    writeFiles('MRPC', { 'msr_paraphrase_train.txt': broken, 'dev_ids.tsv': '20\t21\n' });
    expect(complaint('mrpc')).toContain(
      'msr_paraphrase_train.txt:4: expected a text in the column #1 String',
    );
  });

  it('tells that the list is missing', () => {
    writeFiles('MRPC', original);
    expect(complaint('mrpc')).toContain('dev_ids.tsv beside msr_paraphrase_train.txt');
  });

  it("gives way to GLUE's own files", () => {
    writeFiles('MRPC', {
      ...original,
      'train.tsv': `${HEAD}1\t1\t2\tx\ty\n`,
      'dev.tsv': `${HEAD}0\t1\t2\tz\ty\n`,
    });
    expect(readGlue('mrpc', dataDir).train).toEqual([{ text: 'x', pair: 'y', label: 1 }]);
  });
});

it('knows all nine tasks', () => {
  expect(Object.keys(GLUE_TASKS)).toHaveLength(9);
});

describe('errors', () => {
  it.each([
    ['a missing column', 'ok\t1\nno label\n', 3, 'expected 2 fields', 'got 1'],
    ['a column too many', 'ok\t1\nfine\t1\t0\n', 3, 'expected 2 fields', 'got 3'],
    ['another label', 'good\t2\n', 2, 'a label that is 0 or 1', 'got "2"'],
    ['an empty label', 'good\t\n', 2, 'a label that is 0 or 1', 'got ""'],
    ['an empty line', 'good\t1\n\nbad\t0\n', 3, 'expected 2 fields', 'got 1'],
    ['an empty text', 'good\t1\n \t0\n', 3, 'expected a text in the column sentence', 'got an empty one'],
  ])('names file and line of %s', (_, rows, line, ...parts) => {
    write('SST-2', HEADER + rows, DEV);
    const message = complaint();
    expect(message).toContain(`${path.join(dataDir, 'SST-2', 'train.tsv')}:${line}:`);
    for (const part of parts) expect(message).toContain(part);
  });

  it('tells that a file has no rows', () => {
    write('SST-2', HEADER, DEV);
    expect(complaint()).toContain(`at least one row in ${path.join(dataDir, 'SST-2', 'train.tsv')}`);
  });

  it('tells a missing header', () => {
    write('SST-2', 'good\t1\n', DEV);
    expect(complaint()).toContain('train.tsv:1: expected the columns sentence, label, got good, 1');
  });

  it('counts lines from 1 where there is no header', () => {
    write('CoLA', 'gj04\t1\t\tThey drank.\ngj04\tno\t\tThey drank.\n', 'gj04\t1\t\tIt rained.\n');
    expect(complaint('cola')).toContain('train.tsv:2: expected a label');
  });

  it('names file and line of a label that is no number, and of an empty second text', () => {
    const header = 'sentence1\tsentence2\tscore\n';
    write('STS-B', `${header}a\tb\thigh\n`, `${header}a\tb\t1\n`);
    expect(complaint('stsb')).toContain('train.tsv:2: expected a number as label, got "high"');
    write('STS-B', `${header}a\tb\t1e39\n`, `${header}a\tb\t1\n`);
    expect(complaint('stsb')).toContain('train.tsv:2: expected a number as label, got "1e39"');
    write('STS-B', `${header}a\t\t1\n`, `${header}a\tb\t1\n`);
    expect(complaint('stsb')).toContain('train.tsv:2: expected a text in the column sentence2');
  });

  it('says what to do about a missing file', () => {
    expect(complaint()).toContain(path.join(dataDir, 'SST-2', 'train.tsv'));
    expect(complaint()).toContain('give the folder that has GLUE');
    write('SST-2', `${HEADER}a\t1\n`, DEV);
    expect(complaint('sst2', path.join(dataDir, 'SST-2'))).toContain('give the folder above it');
  });
});
