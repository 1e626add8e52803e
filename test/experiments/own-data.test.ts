import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { readOptions, Script } from '../../experiments/options';
import { contentsOf } from '../../experiments/own-data';
import { readResult } from '../../experiments/result';
import { saveHuggingFace } from '../../lib/export/hugging-face/folder';
import { bert } from '../../lib/models/bert';
import { transpiledPackage } from '../transpiled';

const MINUTE = 60_000;
const COLORS = 'red green blue white black pink gray gold'.split(' ');
const THINGS = 'car house cat tree boat'.split(' ');
const CLASSES = COLORS.flatMap((color) => THINGS.map((thing) => `${thing}, ${color}`)).sort();

let folder: string;
const at = (...names: string[]) => path.join(folder, ...names);

beforeAll(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'whittle-own-'))));
afterAll(() => fs.rmSync(folder, { recursive: true }));

const script: Script = {
  name: 'example',
  summary: 'An example.',
  defaults: {
    toy: { epochs: 8, batchSize: 32, learningRate: 1e-3, maxLength: 16 },
    glue: { epochs: 3, batchSize: 16, learningRate: 5e-5, maxLength: 128 },
    quick: {},
  },
};

describe('options', () => {
  it('--data is a task of its own, with the defaults of real data', () => {
    const options = readOptions(script, ['--data', 'reviews.csv', '--text-column', 'review', '--regression']);
    expect(options).toMatchObject({
      ...{ task: 'data', data: path.resolve('reviews.csv'), textColumn: 'review', regression: true },
      epochs: 3,
    });
    expect(readOptions(script, [])).not.toHaveProperty('regression');
  });

  it.each([
    [['--data', 'a.csv', '--task', 'cola'], /--data <file>' cannot be used with option '--task <name>'/],
    [['--data', 'a.csv', '--data-dir', '.'], /--data <file>' cannot be used with option '--data-dir/],
    [['--label-column', 'stars'], /Expected --data <file> with --label-column/],
    [['--regression'], /Expected --data <file> with --regression/],
  ])('%j is refused', (argv, message) => {
    expect(() => readOptions(script, argv)).toThrow(message);
  });
});

it('a run is about what its files hold, not their names or dates', async () => {
  const [data, copy, devData] = ['a.csv', 'b.csv', 'dev.csv'].map((name) => at(name)) as [
    string,
    string,
    string,
  ];
  fs.writeFileSync(data, 'text,label\na,b\n');
  fs.writeFileSync(devData, 'text,label\nc,b\n');
  fs.copyFileSync(data, copy);
  const { contents } = await contentsOf({ data });
  expect(contents).toMatch(/^[0-9a-f]{16}$/);
  expect(await contentsOf({ data: copy })).toEqual({ contents });
  expect((await contentsOf({ data, devData })).contents).not.toBe(contents);
  fs.appendFileSync(data, 'c,d\n');
  expect((await contentsOf({ data })).contents).not.toBe(contents);
  expect(await contentsOf({})).toEqual({});
});

describe('a model trained on a table', () => {
  let copy: string;
  beforeAll(() => {
    copy = transpiledPackage();
    const vocabulary = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', 'a', ...COLORS, ...THINGS];
    const sizes = { layers: 1, hiddenSize: 16, heads: 2, intermediateSize: 32, maxPositions: 32 };
    const model = bert({ ...sizes, seed: 1, vocabSize: vocabulary.length });
    saveHuggingFace(model, at('first'), { tokenizerFiles: { vocabulary, lowercase: true } });
    model.dispose();
  }, MINUTE);

  /** Runs a script as a user would. */
  function run(name: string, ...options: string[]) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [`experiments/${name}.js`, ...options], {
      cwd: copy,
      encoding: 'utf8',
    });
    return { code: status, out: stdout, err: stderr };
  }

  /** 400 rows of 40 classes, as Excel writes them where numbers have decimal commas. */
  function writeTable(file: string): void {
    const rows = Array.from({ length: 400 }, (_, i) => {
      const [color, thing] = [COLORS[i % 8]!, THINGS[Math.floor(i / 8) % 5]!];
      return `"a ${color}\r\n""${thing}""";${i};"${thing}, ${color}"`;
    });
    fs.writeFileSync(file, ['\uFEFFWords;Number;Label', ...rows, ''].join('\r\n'));
  }

  test(
    'knows its 40 classes by name, and answers with them',
    () => {
      const [file, out] = [at('words.csv'), at('run')];
      writeTable(file);
      const options = ['--data', file, '--model', at('first'), '--out', out, '--text-column', 'words'];
      const small = ['--epochs', '1', '--max-length', '32', '--threads', '1'];
      const trained = run('finetune', ...options, ...small);
      expect(trained).toMatchObject({ code: 0, err: '' });
      expect(trained.out).toContain(
        'words: 360 sentences to train on, 40 to evaluate on; which of 40 classes?',
      );
      expect(trained.out).toContain('a tenth of the rows of each class is held out');
      const result = readResult(path.join(out, 'result.json'));
      expect(result).toMatchObject({ task: 'words', metric: 'accuracy', majority: 1 / 40 });
      const { labels, counts } = result.confusion!;
      expect(labels).toEqual(CLASSES);
      expect(counts.map((row) => row.reduce((sum, count) => sum + count, 0))).toEqual(CLASSES.map(() => 1));
      const right = counts.reduce((sum, row, i) => sum + row[i]!, 0);
      expect(result.rows[0]!.metrics['accuracy']).toBeCloseTo(right / 40, 12);
      expect(trained.out).toContain('The confusion matrix of 40 classes is in the report.');
      expect(fs.readFileSync(path.join(out, 'report.html'), 'utf8')).toContain('<h2>Confusion</h2>');

      const config = JSON.parse(fs.readFileSync(path.join(out, 'model', 'config.json'), 'utf8')) as object;
      expect(config).toMatchObject({ id2label: { ...CLASSES } });
      fs.renameSync(path.join(out, 'model'), at('elsewhere'));
      const answer = run('predict', '--model', at('elsewhere'), 'a red car');
      expect(answer).toMatchObject({ code: 0, err: '' });
      expect(CLASSES.some((name) => answer.out.includes(name))).toBe(true);
      const all = ['--data', file, '--text-column', 'words', '--out', at('answers.csv')];
      const answered = run('predict', '--model', at('elsewhere'), ...all);
      expect(answered).toMatchObject({ code: 0, err: '' });
      expect(answered.out).toMatch(/answers\.csv {2}400 rows\n$/);
    },
    MINUTE,
  );

  test(
    'the metric that was asked for decides, beside accuracy; a matrix of few classes is printed',
    () => {
      const file = at('two.csv');
      const rows = Array.from({ length: 60 }, (_, i) => `a ${COLORS[i % 8]} car,${i % 3 ? 'bad' : 'good'}`);
      fs.writeFileSync(file, ['text,label', ...rows, ''].join('\n'));
      const options = ['--data', file, '--model', at('first'), '--epochs', '1', '--max-length', '16'];
      const trained = run('finetune', ...options, '--threads', '1', '--metric', 'f1', '--out', at('f1'));
      expect(trained).toMatchObject({ code: 0, err: '' });
      expect(trained.out).toMatch(/is \\ answer +bad +good +recall/);
      const { metric, rows: scored, confusion } = readResult(at('f1', 'result.json'));
      expect(metric).toBe('f1');
      expect(Object.keys(scored[0]!.metrics).sort()).toEqual(['accuracy', 'f1', 'loss']);
      expect(confusion!.counts.flat().reduce((sum, count) => sum + count)).toBe(6);
      const again = run('finetune', ...options, '--threads', '1', '--metric', 'f1', '--out', at('f1'));
      expect(again.out).toContain('is \\ answer');

      writeTable(at('many.csv'));
      const many = ['--data', at('many.csv'), '--model', at('first'), '--text-column', 'words'];
      expect(run('finetune', ...many, '--metric', 'f1')).toMatchObject({
        code: 2,
        err: 'Expected --metric macro-f1 or another for 40 classes, got f1, which is that of the second of two.\n',
      });
      const numbers = ['--label-column', 'number', '--regression'];
      expect(run('finetune', ...many, ...numbers, '--metric', 'mcc').err).toBe(
        'Expected --metric with classes, got mcc with a regression problem, which pearson decides; leave it out.\n',
      );
    },
    MINUTE,
  );

  test('a mistake in it is told in one sentence, with exit code 2, and leaves no run', () => {
    const file = at('mistake.csv');
    fs.writeFileSync(file, 'text,label\na,x\nb,\n');
    expect(run('finetune', '--data', file, '--model', at('first'), '--out', at('none'))).toEqual({
      code: 2,
      out: '',
      err: `${file}:3: expected a label as "label", got an empty cell.\n`,
    });
    expect(fs.existsSync(at('none'))).toBe(false);
    const bare = run('finetune', '--data', file);
    expect(bare.code).toBe(2);
  });
});
