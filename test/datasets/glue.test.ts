import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { UserError } from '../../lib/core/errors';
import { readGlue } from '../../datasets/glue';
import type { GlueTask } from '../../datasets/glue-tasks';

let dataDir: string;

beforeEach(() => (dataDir = fs.mkdtempSync(path.join(os.tmpdir(), 'glue-'))));
afterEach(() => fs.rmSync(dataDir, { recursive: true }));

/** Writes the files of a task. */
function write(folder: string, train: string, dev: string): void {
  fs.mkdirSync(path.join(dataDir, folder));
  fs.writeFileSync(path.join(dataDir, folder, 'train.tsv'), train);
  fs.writeFileSync(path.join(dataDir, folder, 'dev.tsv'), dev);
}

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

describe('errors', () => {
  it.each([
    ['a missing column', 'ok\t1\nno label\n', 3, 'expected 2 fields', 'got 1'],
    ['a column too many', 'ok\t1\nfine\t1\t0\n', 3, 'expected 2 fields', 'got 3'],
    ['another label', 'good\t2\n', 2, 'a label that is 0 or 1', 'got "2"'],
    ['an empty label', 'good\t\n', 2, 'a label that is 0 or 1', 'got ""'],
    ['an empty line', 'good\t1\n\nbad\t0\n', 3, 'expected 2 fields', 'got 1'],
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

  it('says what to do about a missing file', () => {
    expect(complaint()).toContain(path.join(dataDir, 'SST-2', 'train.tsv'));
    expect(complaint()).toContain('give the folder that has GLUE');
    write('SST-2', `${HEADER}a\t1\n`, DEV);
    expect(complaint('sst2', path.join(dataDir, 'SST-2'))).toContain('give the folder above it');
  });
});
