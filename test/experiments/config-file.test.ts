import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Option } from 'commander';
import { readOptions, Script } from '../../experiments/options';
import { fraction, several } from '../../experiments/parse';
import { openRun } from '../../experiments/run-folder';

const script: Script<{ sparsity: readonly number[]; method: readonly string[] }> = {
  name: 'example',
  summary: 'An example.',
  defaults: {
    toy: { epochs: 8, batchSize: 32, learningRate: 1e-3, maxLength: 16, sparsity: [0.8], method: ['a'] },
    glue: { epochs: 3, batchSize: 16, learningRate: 5e-5, maxLength: 128, sparsity: [0.9], method: ['a'] },
    quick: { epochs: 1 },
  },
  own: [
    new Option('--sparsity <fraction...>', 'zeros').argParser(several(fraction)),
    new Option('--method <name...>', 'how').choices(['a', 'b']),
  ],
};

let folder: string;
beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'whittle-config-'))));
afterEach(() => fs.rmSync(folder, { recursive: true }));

function write(content: unknown): string {
  const file = path.join(folder, 'options.json');
  fs.writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

const read = (content: unknown, ...argv: string[]) =>
  readOptions(script, ['--config', write(content), ...argv]);

/** All but the file. */
const given = (...argv: string[]) => ({
  ...readOptions(script, argv),
  config: path.join(folder, 'options.json'),
});

test('a file’s options count as given, and those of the command line go before them, lists as a whole', () => {
  const content = {
    task: 'cola',
    epochs: 5,
    quick: true,
    force: false,
    sparsity: [0.5, 0.6],
    method: ['b', 'a'],
  };
  const all = ['--task', 'cola', '--quick', '--sparsity', '0.5', '0.6', '--method', 'b', 'a'];
  expect(read(content)).toEqual(given(...all, '--epochs', '5'));
  const [fewer] = [read(content, '--epochs', '7', '--sparsity', '0.7')];
  expect(fewer).toMatchObject({ epochs: 7, sparsity: [0.7], method: ['b', 'a'], quick: true });
  expect(read({})).toEqual(given());
});

test('YAML says the same', () => {
  const file = path.join(folder, 'options.yaml');
  fs.writeFileSync(file, '# mine\ntask: cola\nquick: true\nsparsity: [0.5, 6e-1]\nmethod:\n  - b\n');
  const same = read({ task: 'cola', quick: true, sparsity: [0.5, 0.6], method: ['b'] });
  expect(readOptions(script, ['--config', file])).toEqual({ ...same, config: file });
  fs.writeFileSync(file, 'task: cola\ntask: toy\n');
  expect(() => readOptions(script, ['--config', file])).toThrow(
    `Expected YAML in ${file}, got something else (Map keys must be unique at line 2, column 1).`,
  );
  fs.writeFileSync(file, '- 1\n');
  expect(() => readOptions(script, ['--config', file])).toThrow('Expected an object of options');
});

test('paths and words are read as on the command line, whatever they begin with', () => {
  const options = read({ data: '-rows.csv', labelColumn: ['-a', 'b'], model: 'no/where' });
  expect(options).toMatchObject({
    ...{ task: 'data', data: path.resolve('-rows.csv'), labelColumn: ['-a', 'b'], model: 'no/where' },
  });
});

test('a run’s config.json makes the same run again, with its threads', () => {
  const argv = [
    '--data',
    path.join(folder, 'a.csv'),
    '--sparsity',
    '0.5',
    '0.6',
    '--warmup',
    '0',
    '--threads',
    '3',
  ];
  const options = { ...readOptions(script, argv), contents: '0123' };
  const run = openRun('example', { ...options, out: path.join(folder, 'run') });
  run.close();
  const config = path.join(run.folder, 'config.json');
  const again = readOptions(script, ['--config', config]);
  expect(again).toEqual({ ...readOptions(script, argv), config });
  const same = openRun('example', { ...again, contents: '0123', out: run.folder } as typeof options);
  same.close();
  expect(same.state).toBe('unfinished');
});

test.each([
  ['{', /^Expected JSON in .*options\.json, got something else/],
  ['[1]', /^Expected an object of options in .*options\.json, as in a run's config\.json/],
  [{ epoch: 3 }, /^Expected options of this script in .*, got "epoch"; the nearest is "epochs"\.$/],
  [{ 'learning-rate': 3 }, /got "learning-rate"; the nearest is "learningRate"/],
  [{ quick: 'yes' }, /^Expected true or false for --quick in .*, got "yes"\.$/],
  [{ epochs: [1, 2] }, /^Expected a text or number for --epochs in .*, got \[1,2\]\.$/],
  [{ epochs: true }, /^Expected a text or number for --epochs in .*, got true\.$/],
  [{ sparsity: [null] }, /^Expected a text or number, or a list for --sparsity in .*, got \[null\]\.$/],
  [{ epochs: 0 }, /whole number of at least 1/],
  [{ task: 'snli' }, /Allowed choices/],
])('%j is refused', (content, message) => {
  expect(() => read(content)).toThrow(message);
});

test('a file that is not there is named', () => {
  expect(() => readOptions(script, ['--config', path.join(folder, 'no.json')])).toThrow(
    /^Expected a file of options with --config, found no .*no\.json\.$/,
  );
});
