import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { readOptions } from '../../experiments/options';
import { openRun, RunConfig } from '../../experiments/run-folder';

const defaults = { epochs: 8, batchSize: 32, learningRate: 1e-3, maxLength: 16 };
const script = {
  name: 'example',
  summary: '',
  defaults: { toy: defaults, glue: defaults, quick: { epochs: 1 } },
};

let folder: string;
beforeEach(() => (folder = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'whittle-run-')), 'run')));
afterEach(() => fs.rmSync(path.dirname(folder), { recursive: true }));

const open = (...argv: string[]) => openRun('example', readOptions(script, ['--out', folder, ...argv]));
const write = (name: string, text = '{}') => {
  fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
  fs.writeFileSync(path.join(folder, name), text);
};
const names = () => fs.readdirSync(folder).sort();

test('a new run writes its config first; the same command goes on, and is finished once it has a result', () => {
  expect(open()).toMatchObject({ folder, state: 'new' });
  expect(names()).toEqual(['config.json']);
  const config = JSON.parse(fs.readFileSync(path.join(folder, 'config.json'), 'utf8')) as RunConfig;
  expect(config).toMatchObject({
    script: 'example',
    options: { ...defaults, task: 'toy', engine: 'compiled', seed: 0 },
  });
  expect(config.environment).toMatchObject({
    versions: { node: process.versions.node },
    processor: expect.any(String),
  });
  expect(open()).toMatchObject({ state: 'unfinished', config });
  write('result.json');
  expect(open().state).toBe('finished');
});

test('the number of threads does not make another run, and is noted where it goes on', () => {
  open('--threads', '1');
  expect(open('--threads', '2').config.resumedIn).toMatchObject([{ threads: 2 }]);
  expect(open('--threads', '2').config.resumedIn).toHaveLength(1);
});

test('another config is refused with the difference as a table, and --force starts over', () => {
  open('--epochs', '3');
  write('result.json');
  write('seed-0/dense/outcome.json');
  write('notes.txt', 'mine');
  let message = '';
  try {
    open('--epochs', '4', '--limit', '10');
  } catch (error) {
    message = (error as Error).message;
  }
  expect(message).toMatch(/another config/);
  expect(message).toMatch(/epochs +3 +4\n/);
  expect(message).toMatch(/limit +– +10/);
  expect(message).not.toMatch(/seed/);
  expect(open('--epochs', '4', '--limit', '10', '--force').state).toBe('new');
  expect(names()).toEqual(['config.json', 'notes.txt']);
});

test('a folder of other files is refused, also with --force, and stays as it was', () => {
  write('thesis.tex', 'x');
  expect(() => open()).toThrow('holds thesis.tex');
  expect(() => open('--force')).toThrow('holds thesis.tex');
  expect(names()).toEqual(['thesis.tex']);
});

test('what a killed process left of an unwritten config, or of a run without one, is not continued', () => {
  write('config.json.part', '{');
  write('seed-0/dense/outcome.json');
  expect(open().state).toBe('new');
  expect(names()).toEqual(['config.json']);
});

test('without --out the folder is named by the options: the same ones lead to the same run', () => {
  const home = process.cwd();
  fs.mkdirSync(folder);
  process.chdir(folder);
  try {
    const folderOf = (...argv: string[]) => openRun('example', readOptions(script, argv)).folder;
    expect(path.relative(process.cwd(), folderOf())).toMatch(/^runs\/example-toy-[0-9a-f]{8}$/);
    expect(folderOf('--threads', '1')).toBe(folderOf('--threads', '2'));
    expect(folderOf('--quick')).not.toBe(folderOf());
  } finally {
    process.chdir(home);
  }
});
