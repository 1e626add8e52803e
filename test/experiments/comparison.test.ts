import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { comparisonTable, differencesTable, readRuns, runsTable } from '../../experiments/comparison';
import { experimentResult, ResultRow, writeResult } from '../../experiments/result';
import { writeConfig } from '../../experiments/run-config';
import { UserError } from '../../lib/core/errors';

let folder: string;
beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'whittle-compare-'))));
afterEach(() => fs.rmSync(folder, { recursive: true }));

const environment = {
  ...{ versions: {}, processor: 'x', cores: 2, platform: 'linux x64', threads: 2, revision: 'r' },
};

function write(
  name: string,
  options: Record<string, string | number>,
  rows?: ResultRow[],
  metric = 'f1',
): string {
  const run = path.join(folder, name);
  fs.mkdirSync(run, { recursive: true });
  writeConfig(run, { script: 'finetune', options, environment });
  if (rows)
    writeResult(path.join(run, 'result.json'), experimentResult({ task: 't', metric, majority: 0.5, rows }));
  return run;
}

const row = (method: string, score: number, more: Partial<ResultRow> = {}): ResultRow => ({
  ...{ method, seed: 0, sparsity: 0, metrics: { f1: score, mcc: score }, steps: 1, seconds: 1, ...more },
});

test('rows of all runs stand in one table, with means over seeds; a run that is not finished says so', () => {
  const seeds = [
    row('qat', 0.5, { bits: 8, bytes: 2e6 }),
    row('qat', 0.75, { bits: 8, bytes: 2e6, seed: 1 }),
  ];
  const runs = readRuns([
    write('a', {}, [row('dense', 0.25), row('gradual', 0.125, { level: 2, sparsity: 0.5 })]),
    write('b', {}, seeds),
    write('c', {}),
  ]);
  expect(comparisonTable(runs)).toEqual({
    columns: ['run', 'method', 'zeros', 'bits', 'MB', 'seeds', 'f1'],
    rows: [
      ['1', 'dense', '0.0%', '', '', '1', '0.2500'],
      ['1', 'gradual 2', '50.0%', '', '', '1', '0.1250'],
      ['1', 'majority class', '', '', '', '', '0.5000'],
      ['2', 'qat', '0.0%', '8', '2.00', '2', '0.6250 ± 0.1250'],
      ['2', 'majority class', '', '', '', '', '0.5000'],
      ['3', 'not finished', '', '', '', '', ''],
    ],
  });
});

test('scores of several metrics say which they are', () => {
  const runs = readRuns([write('a', {}, [row('dense', 0.25)]), write('b', {}, [row('dense', 0.5)], 'mcc')]);
  const { columns, rows } = comparisonTable(runs);
  expect(columns.at(-1)).toBe('score');
  expect(rows.map((cells) => cells.at(-1))).toEqual(['f1 0.2500', 'f1 0.5000', 'mcc 0.5000', 'mcc 0.5000']);
});

test('what differs in the options stands below, with a dash for what a run was not told', () => {
  const runs = readRuns([
    write('a', { epochs: 1, seed: 0 }),
    write('b', { epochs: 2, seed: 0, optimizer: 'sgd' }),
  ]);
  expect(differencesTable(runs)).toEqual({
    columns: ['', '1', '2'],
    rows: [
      ['epochs', '1', '2'],
      ['optimizer', '–', 'sgd'],
    ],
  });
  expect(differencesTable(runs.slice(0, 1)).rows).toEqual([]);
});

test('runs have numbers, and a table that says which is which', () => {
  const folders = [write('x/run', {}), write('y/run', {})];
  expect(runsTable(readRuns(folders))).toEqual({
    columns: ['run', 'folder'],
    rows: folders.map((run, i) => [String(i + 1), path.relative('', run)]),
  });
});

test('folders of no run, and one twice, are refused', () => {
  const run = write('a', {});
  fs.mkdirSync(path.join(folder, 'other'));
  for (const name of ['other', 'nowhere']) {
    expect(() => readRuns([run, path.join(folder, name)])).toThrow(UserError);
    expect(() => readRuns([path.join(folder, name)])).toThrow(
      /^Expected the folder of a run, got .*, which has no/,
    );
  }
  expect(() => readRuns([run, `${run}/`])).toThrow(/^Expected each run once/);
});
