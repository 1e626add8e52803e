import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Option } from 'commander';
import { earlierOptions } from '../../experiments/growth';
import { readOptions } from '../../experiments/options';
import { readConfig } from '../../experiments/run-config';
import { experimentResult } from '../../experiments/result';
import { openRun, RunConfig } from '../../experiments/run-folder';
import { UserError } from '../../lib/core/errors';
import { crashAt } from '../trainers/crash';

const defaults = { epochs: 8, batchSize: 32, learningRate: 1e-3, maxLength: 16 };
const script = {
  name: 'example',
  summary: '',
  defaults: { toy: defaults, glue: defaults, quick: { epochs: 1 } },
};

/** One that reads a text, too. */
const reader = { ...script, own: [new Option('--text <file>')] };

let folder: string;
beforeEach(() => (folder = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'whittle-run-')), 'run')));
afterEach(() => fs.rmSync(path.dirname(folder), { recursive: true }));

const options = (...argv: string[]) => readOptions(script, ['--out', folder, ...argv]);
/** Opens the run as a process does that ends soon. */
function open(...argv: string[]) {
  const run = openRun('example', options(...argv));
  run.close();
  return run;
}
/** What a finished run left. */
const RESULT = JSON.stringify(experimentResult({ task: 'toy', metric: 'accuracy', majority: 0.5, rows: [] }));
const write = (name: string, text = name === 'result.json' ? RESULT : '{}') => {
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

test('a run goes on with the threads that it was started with, whatever is asked for, until it starts over', () => {
  open('--threads', '1');
  expect(open('--threads', '2').config).toMatchObject({ environment: { threads: 1 } });
  expect(open('--threads', '2').config.resumedIn).toBeUndefined();
  expect(open('--threads', '2', '--force').config).toMatchObject({ environment: { threads: 2 } });
  expect(open('--threads', '1').config).toMatchObject({ environment: { threads: 2 } });
});

test('another config is refused with the difference as a table, and --force starts over', () => {
  open('--epochs', '3');
  write('result.json');
  write('sensitivity.json');
  write('rules-1e-7.json');
  write('rules.json.bak', 'mine');
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
  expect(names()).toEqual(['config.json', 'notes.txt', 'rules.json.bak']);
});

describe('of options that grow', () => {
  const growing = {
    ...script,
    own: [new Option('--levels <n>').argParser(Number), new Option('--sparsity <s...>')],
  };
  const grow = (...argv: string[]) => {
    const run = openRun('example', readOptions(growing, ['--out', folder, ...argv]), ['levels', 'sparsity']);
    run.close();
    return run;
  };
  const finished = (...argv: string[]) => {
    grow(...argv);
    write('result.json');
    write('seed-0/dense/outcome.json');
  };

  test('a finished run is given more, keeps what it has, and remembers what it had', () => {
    finished('--levels', '2', '--sparsity', '0.5');
    const run = grow('--levels', '4', '--sparsity', '0.5');
    expect(run).toMatchObject({
      state: 'unfinished',
      config: { options: { levels: 4 }, grownFrom: [{ levels: 2 }] },
    });
    expect(names()).toEqual(['config.json', 'seed-0']);
    expect(grow('--levels', '4', '--sparsity', '0.5').config).toEqual(run.config); // after a kill
    write('result.json');
    expect(grow('--levels', '4', '--sparsity', '0.5').state).toBe('finished');
    const more = grow('--levels', '5', '--sparsity', '0.5', '0.7').config;
    expect(more.grownFrom).toEqual([{ levels: 2 }, { levels: 4, sparsity: ['0.5'] }]);
    const whole = [2, 4].map((levels) => ({ levels, sparsity: ['0.5'] })); // of both, each time
    expect(earlierOptions(more)).toEqual(whole);
    expect(earlierOptions(run.config)).toEqual([{ levels: 2 }]);
  });

  test('less, other values, another option beside them, and more of an unfinished run are refused', () => {
    finished('--levels', '2', '--sparsity', '0.5', '0.7');
    const message = `Expected --levels 2 or more, as ${folder} has it, got 1; choose another --out, or start over with --force.`;
    expect(() => grow('--levels', '1', '--sparsity', '0.5', '0.7')).toThrow(message);
    expect(() => grow('--levels', '3', '--sparsity', '0.7', '0.5')).toThrow(
      'Expected --sparsity 0.5 0.7 or more',
    );
    expect(() => grow('--levels', '3', '--sparsity', '0.5', '0.7', '--epochs', '1')).toThrow(
      /another config[^]*levels +2 +3/,
    );
    expect(names()).toContain('result.json');
    fs.rmSync(path.join(folder, 'result.json'));
    expect(() => grow('--levels', '3', '--sparsity', '0.5', '0.7')).toThrow(
      'finish it with --levels 2, then ask for more',
    );
  });

  test('the usual folder is the same with more', () => {
    const here = process.cwd();
    process.chdir(path.dirname(folder));
    try {
      const folders = ['2', '4'].map((levels) => {
        const run = openRun('example', readOptions(growing, ['--levels', levels]), ['levels']);
        run.close();
        fs.writeFileSync(run.file('result'), RESULT);
        return run.folder;
      });
      expect(new Set(folders).size).toBe(1);
    } finally {
      process.chdir(here);
    }
  });
});

describe('a folder that no run made is refused, also with --force, and stays as it was:', () => {
  const HUGGING_FACE = '{ "model_type": "bert", "hidden_size": 128 }';
  test.each<[string, [name: string, text?: string][], string]>([
    ['a file', [['thesis.tex']], 'holds thesis.tex;'],
    [
      'names that runs use',
      [['model/a.txt'], ['result.json'], ['seed-1/a.txt']],
      'holds model, result.json, seed-1;',
    ],
    ['one such name beside a killed start', [['config.json.part'], ['seed-0/outcome.json']], 'holds seed-0;'],
    [
      'a model',
      [['config.json', HUGGING_FACE], ['model.safetensors']],
      'holds config.json, model.safetensors;',
    ],
    ['a config alone', [['config.json', '{ "script": "x", "options": {} }']], 'holds config.json;'],
    ['an array', [['config.json', '[]']], 'holds config.json;'],
    ['null', [['config.json', 'null']], 'holds config.json;'],
    ['many files', [['1'], ['2'], ['3'], ['4'], ['5'], ['6']], 'holds 1, 2, 3, 4 and 2 more;'],
    [
      'half a config',
      [['config.json', '{ "script": "example", "opt'], ['seed-0/a']],
      'config.json to be the config of a run, but it is damaged (',
    ],
    [
      'an empty config',
      [['config.json', '']],
      'nothing was removed: put it back from a copy, or choose another --out.',
    ],
  ])('%s', (_, files, message) => {
    files.forEach(([name, text]) => write(name, text));
    const before = fs.readdirSync(folder, { recursive: true });
    for (const argv of [[], ['--force']]) {
      expect(() => open(...argv)).toThrow(UserError);
      expect(() => open(...argv)).toThrow(message);
    }
    expect(fs.readdirSync(folder, { recursive: true })).toEqual(before);
  });
});

test('a file in the place of the folder is refused', () => {
  fs.writeFileSync(folder, 'mine');
  expect(() => open('--force')).toThrow(`${folder} is a file`);
  expect(fs.readFileSync(folder, 'utf8')).toBe('mine');
});

test('an empty folder is new, and so is one that holds only what a killed start left', () => {
  fs.mkdirSync(folder);
  expect(open().state).toBe('new');
  fs.rmSync(folder, { recursive: true });
  write('config.json.part', '{');
  fs.mkdirSync(path.join(folder, '.lock'));
  fs.mkdirSync(path.join(folder, '.lock.x1y2z3'));
  expect(open().state).toBe('new');
  expect(names()).toEqual(['.lock.x1y2z3', 'config.json']);
});

test('starting over may be killed at any moment: the folder is still a run’s, and nothing old is gone on with', async () => {
  const old = ['result.json', 'model/a.txt', 'seed-0/dense/outcome.json', 'seed-1/dense/outcome.json'];
  const attempt = (limit: number) => {
    fs.rmSync(folder, { recursive: true, force: true });
    open('--epochs', '3');
    old.forEach((name) => write(name));
    write('notes.txt', 'mine');
    return crashAt(limit, () => open('--epochs', '4', '--force')).finally(
      () => fs.rmSync(path.join(folder, '.lock'), { recursive: true, force: true }), // this process lives on
    );
  };
  const seen = new Set<string>();
  for (let limit = 0; (await attempt(limit)).crashed; limit++) {
    const { epochs } = readConfig(folder)!.options;
    const { state } = open('--epochs', String(epochs));
    seen.add(`${epochs} ${state}`);
    const left = names().filter((name) => !/^\.lock|\.part$/.test(name));
    const all = ['config.json', 'model', 'notes.txt', 'result.json', 'seed-0', 'seed-1'];
    expect(left).toEqual(state === 'finished' ? all : ['config.json', 'notes.txt']);
  }
  expect([...seen]).toEqual(['3 finished', '4 new', '4 unfinished']);
});

describe('what an option reads is never removed:', () => {
  const elsewhere = () => path.join(path.dirname(folder), 'elsewhere');
  beforeEach(() => {
    open();
    write('model/config.json');
    write('seed-0/data.csv', 'text,label\n');
    fs.mkdirSync(elsewhere());
  });
  const link = (target: string, name: string) => {
    fs.symlinkSync(path.join(folder, target), path.join(elsewhere(), name));
    return path.join(elsewhere(), name);
  };

  test.each<[string, string, () => string]>([
    ['in the run’s folder', '--model', () => path.join(folder, 'model')],
    ['through ..', '--teacher', () => path.join(folder, 'seed-0', '..', 'model')],
    ['a file in it', '--data', () => path.join(folder, 'seed-0', 'data.csv')],
    ['a text in it', '--text', () => path.join(folder, 'seed-0', 'data.csv')],
    ['the run’s folder itself', '--model', () => folder],
    ['what the run’s folder is in', '--data-dir', () => path.dirname(folder)],
    ['a link into it', '--model', () => link('model', 'link')],
    [
      'a folder with a link into it',
      '--model',
      () => (link('model/config.json', 'config.json'), elsewhere()),
    ],
    [
      'a folder of folders with a link into it',
      '--data-dir',
      () => {
        fs.mkdirSync(path.join(elsewhere(), 'CoLA'));
        link('seed-0/data.csv', 'CoLA/train.tsv');
        return elsewhere();
      },
    ],
  ])('%s', (_, flag, input) => {
    const given = input();
    const argv = [flag, given];
    const before = fs.readdirSync(folder, { recursive: true });
    expect(() => openRead('--force', ...argv)).toThrow(UserError);
    expect(() => openRead('--force', ...argv)).toThrow(
      `but ${flag} ${given} and ${folder} have files in common`,
    );
    expect(fs.readdirSync(folder, { recursive: true })).toEqual(before);
  });

  test('through a link to the run’s folder', () => {
    const out = path.join(path.dirname(folder), 'link');
    fs.symlinkSync(folder, out);
    const given = readOptions(script, ['--out', out, '--force', '--model', path.join(folder, 'model')]);
    expect(() => openRun('example', given)).toThrow('have files in common');
    expect(names()).toContain('model');
  });

  test('a neighbour whose name begins alike, and one that is not there, are no reason', () => {
    const neighbour = `${folder}-2`;
    fs.mkdirSync(neighbour);
    openRead('--force', '--model', neighbour);
    expect(openRead('--force', '--model', path.join(elsewhere(), 'nowhere')).state).toBe('new');
  });

  const openRead = (...argv: string[]) => {
    const run = openRun('example', readOptions(reader, ['--out', folder, ...argv]));
    run.close();
    return run;
  };
});

test('a run is one process’s at a time: the second is told, and nothing is touched', () => {
  const run = openRun('example', options());
  write('seed-0/dense/outcome.json');
  for (const argv of [[], ['--force']]) {
    expect(() => open(...argv)).toThrow(UserError);
    expect(() => open(...argv)).toThrow(
      `Expected to be alone in the run ${folder}, but this process already works there; wait until it ends, or choose another --out.`,
    );
  }
  expect(names()).toEqual(['.lock', 'config.json', 'seed-0']);
  run.close();
  expect(open('--force').state).toBe('new');
  expect(names()).toEqual(['config.json']);
});

test('which models are kept is a part of what a run is', () => {
  open();
  expect(() => open('--save', 'all')).toThrow(/another config[^]*save +best +all/);
});

test('without --out the folder is named by the options: the same ones lead to the same run', () => {
  const home = process.cwd();
  fs.mkdirSync(folder);
  process.chdir(folder);
  try {
    const folderOf = (...argv: string[]) => {
      const run = openRun('example', readOptions(script, argv));
      run.close();
      return run.folder;
    };
    expect(path.relative(process.cwd(), folderOf())).toMatch(/^runs\/example-toy-[0-9a-f]{8}$/);
    const own = (file: string) => path.basename(folderOf('--data', file)).replace(/-[0-9a-f]{8}$/, '');
    expect(own('shop/My reviews (2024).csv')).toBe('example-My-reviews-2024');
    expect(own('größe.tsv')).toBe('example-größe');
    expect([own('..csv'), own('???.csv')]).toEqual(['example-data', 'example-data']);
    expect(own(`${'x'.repeat(99)}.csv`)).toBe(`example-${'x'.repeat(40)}`);
    expect(folderOf('--threads', '1')).toBe(folderOf('--threads', '2'));
    expect(folderOf('--quick')).not.toBe(folderOf());
  } finally {
    process.chdir(home);
  }
});

test('a run notices that its folder was removed or emptied', () => {
  const run = openRun('example', options());
  run.expectThere();
  fs.rmSync(folder, { recursive: true });
  expect(() => run.expectThere()).toThrow(/^Expected .*run to stay as long as its run goes on/);
  fs.mkdirSync(folder);
  expect(() => run.expectThere()).toThrow(UserError);
  run.close();
});
