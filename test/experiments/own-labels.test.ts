import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { readOptions, Script } from '../../experiments/options';
import { readResult } from '../../experiments/result';
import { saveHuggingFace } from '../../lib/export/hugging-face/folder';
import { bert } from '../../lib/models/bert';
import { transpiledPackage } from '../transpiled';

/** Own data of several labels, and of several numbers: read, trained, saved and asked by the scripts. */

const MINUTE = 60_000;
const WORDS = 'a wet cold windy day night week'.split(' ');
const LABELS = ['wet', 'cold', 'windy'];
/** Every set of the labels, once for each of three nouns, and that four times. */
const TEXTS = Array.from({ length: 4 * 3 * 8 }, (_, i) => {
  const adjectives = LABELS.filter((_, label) => (i >> label) & 1);
  return ['a', ...adjectives, WORDS[4 + (i % 3)]!].join(' ');
});
const flagsOf = (text: string) => LABELS.map((label) => Number(text.includes(label)));

let folder: string;
let copy: string;
const at = (...names: string[]) => path.join(folder, ...names);

beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'whittle-labels-'));
  copy = transpiledPackage();
  const vocabulary = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', ...WORDS];
  const sizes = { layers: 1, hiddenSize: 16, heads: 2, intermediateSize: 32, maxPositions: 16 };
  const untouched = { dropout: 0, attentionDropout: 0, initializerRange: 0.2 };
  const model = bert({ ...sizes, ...untouched, seed: 1, vocabSize: vocabulary.length });
  saveHuggingFace(model, at('first'), { tokenizerFiles: { vocabulary, lowercase: true } });
  model.dispose();
}, MINUTE);
afterAll(() => fs.rmSync(folder, { recursive: true }));

/** Runs a script as a user would. */
function run(name: string, ...options: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [`experiments/${name}.js`, ...options], {
    cwd: copy,
    encoding: 'utf8',
  });
  return { code: status, out: stdout, err: stderr };
}

const SMALL = '--epochs 50 --batch-size 16 --learning-rate 0.01 --max-length 16 --threads 1'.split(' ');

function finetune(data: string, out: string, ...options: string[]) {
  return run('finetune', '--model', at('first'), ...SMALL, '--data', data, '--out', out, ...options);
}

function write(name: string, ...rows: string[]): string {
  fs.writeFileSync(at(name), `${rows.join('\n')}\n`);
  return at(name);
}

const flagTable = () =>
  write('flags.csv', ['text', ...LABELS].join(), ...TEXTS.map((text) => [text, ...flagsOf(text)].join()));
const listTable = (name: string, labelsOf: (text: string) => unknown[]) =>
  write(name, ...TEXTS.map((text) => JSON.stringify({ text, labels: labelsOf(text) })));
const configOf = (run: string): unknown =>
  JSON.parse(fs.readFileSync(path.join(run, 'model', 'config.json'), 'utf8'));
const rowsOf = (run: string) => readResult(path.join(run, 'result.json'));

test('--label-column takes a name, which stays one, or several, at once or one by one', () => {
  const some = { epochs: 1, batchSize: 8, learningRate: 1e-3, maxLength: 16 };
  const script: Script = {
    name: 'example',
    summary: 'An example.',
    defaults: { toy: some, glue: some, quick: {} },
  };
  const column = (...argv: string[]) => readOptions(script, ['--data', 'a.csv', ...argv]).labelColumn;
  expect(column('--label-column', 'stars')).toBe('stars');
  expect(column('--label-column', 'wet', 'cold', '--seed', '1')).toEqual(['wet', 'cold']);
  expect(column('--label-column', 'wet', '--label-column', 'cold')).toEqual(['wet', 'cold']);
  expect(() => column('--label-column')).toThrow('argument missing');
  expect(() => readOptions(script, ['--label-column', 'wet', 'cold'])).toThrow('Expected --data <file>');
});

describe('labels that are each right or not', () => {
  test(
    'are learned from columns, scored, saved by name, and answered with',
    () => {
      const trained = finetune(flagTable(), at('flags'), '--label-column', ...LABELS);
      expect(trained).toMatchObject({ code: 0, err: '' });
      expect(trained.out).toContain(
        'flags: 86 sentences to train on, 10 to evaluate on; which, if any, of wet, cold, windy?',
      );
      expect(trained.out).toContain('a tenth of the rows of each label is held out');
      expect(trained.out).toMatch(/majority per label: micro-f1 0\.\d{4}, label-accuracy 0\.\d{4}/);
      const { rows, metric, majority } = rowsOf(at('flags'));
      expect(metric).toBe('micro-f1');
      expect(Object.keys(rows[0]!.metrics)).toEqual(expect.arrayContaining(['micro-f1', 'label-accuracy']));
      expect(rows[0]!.metrics['micro-f1']).toBeGreaterThan(Math.max(0.95, majority));
      expect(configOf(at('flags'))).toMatchObject({
        problem_type: 'multi_label_classification',
        id2label: { 0: 'wet', 1: 'cold', 2: 'windy' },
      });
      const answer = run('predict', '--model', at('flags', 'model'), 'a wet windy day', 'a night');
      expect(answer).toMatchObject({ code: 0, err: '' });
      expect(answer.out).toMatch(/a wet windy day +wet, windy /);
      expect(answer.out).toMatch(/a night +none /);
    },
    MINUTE,
  );

  test(
    'are learned from lists, by a teacher too; one of another problem is refused',
    () => {
      const file = listTable('lists.jsonl', (text) => LABELS.filter((label) => text.includes(label)));
      expect(finetune(file, at('lists'))).toMatchObject({ code: 0, err: '' });
      expect(configOf(at('lists'))).toMatchObject({ id2label: { 0: 'cold', 1: 'wet', 2: 'windy' } });
      const taught = finetune(file, at('taught'), '--teacher', at('lists', 'model'));
      expect(taught).toMatchObject({ code: 0, err: '' });
      expect(rowsOf(at('taught')).rows[0]!.metrics['micro-f1']).toBeGreaterThan(0.95);

      const halves = TEXTS.map((text) => [text, ...flagsOf(text).map((flag) => flag / 2)].join());
      const numbers = write('numbers.csv', 'text,cold,wet,windy', ...halves);
      const labels = ['--label-column', 'cold', 'wet', 'windy', '--regression'];
      const refused = finetune(numbers, at('refused'), ...labels, '--teacher', at('lists', 'model'));
      expect(refused.code).toBe(2);
      expect(refused.err).toBe(
        `Expected a teacher of a regression problem, as its student's, got a multi-label one in ${at('lists', 'model')}.\n`,
      );
      expect(fs.existsSync(at('refused'))).toBe(false);
    },
    2 * MINUTE,
  );

  test(
    'leave nothing in a model that learns classes next',
    () => {
      const nouns = WORDS.slice(4);
      const file = write(
        'nouns.csv',
        'text,label',
        ...TEXTS.map((text) => `${text},${text.split(' ').at(-1)!}`),
      );
      const options = ['--model', at('flags', 'model'), ...SMALL, '--data', file, '--out', at('nouns')];
      const trained = run('finetune', ...options); // three classes, as many as there were labels
      expect(trained).toMatchObject({ code: 0, err: '' });
      expect(trained.out).toContain('new weights: classifier/kernel, classifier/bias');
      expect(configOf(at('nouns'))).toMatchObject({
        problem_type: 'single_label_classification',
        id2label: { ...nouns.sort() },
      });
      expect(rowsOf(at('nouns'))).toMatchObject({ metric: 'accuracy' });
      expect(rowsOf(at('nouns')).rows[0]!.metrics['accuracy']).toBe(1);
      const answer = run('predict', '--model', at('nouns', 'model'), 'a wet night');
      expect(answer.out).toMatch(/a wet night +night /);
    },
    MINUTE,
  );
});

test(
  'several numbers are learned from lists, scored, saved and answered with',
  () => {
    const file = listTable('scores.jsonl', (text) =>
      flagsOf(text)
        .slice(0, 2)
        .map((flag) => 2 * flag - 0.5),
    );
    const trained = finetune(file, at('scores'), '--regression');
    expect(trained).toMatchObject({ code: 0, err: '' });
    expect(trained.out).toContain('how much labels_0, labels_1?');
    expect(trained.out).toContain('constant answer: pearson 0.0000, spearman 0.0000');
    expect(rowsOf(at('scores'))).toMatchObject({ metric: 'pearson', majority: 0 });
    expect(rowsOf(at('scores')).rows[0]!.metrics['pearson']).toBeGreaterThan(0.9);
    expect(configOf(at('scores'))).toMatchObject({
      problem_type: 'regression',
      id2label: { 0: 'labels_0', 1: 'labels_1' },
    });
    const { out } = run('predict', '--model', at('scores', 'model'), 'a wet day');
    const [, wet, cold] = /a wet day +(-?[\d.]+) +(-?[\d.]+)/.exec(out)!.map(Number);
    expect(wet).toBeGreaterThan(1);
    expect(cold).toBeLessThan(0);

    const teacher = ['--teacher', at('scores', 'model'), '--temperature', '3'];
    const refused = finetune(file, at('softened'), '--regression', ...teacher);
    expect(refused).toMatchObject({ code: 2, out: '' });
    expect(refused.err).toMatch(
      /^Expected --temperature with a teacher of labels, got it with one of numbers, .*\n$/,
    );
  },
  2 * MINUTE,
);

test.each([
  ['text,wet,cold\na,1,0\nb,0,2\n', 3, 'expected 0 or 1 (or no, yes, false, true) as "cold", got "2"'],
  ['text,wet,clod\na,1,0\n', 1, 'the nearest is "clod"'],
])('a mistake in them is told in one sentence, with exit code 2, and leaves no run', (table, line, told) => {
  const file = at('mistake.csv');
  fs.writeFileSync(file, table);
  const { code, out, err } = finetune(file, at('none'), '--label-column', 'wet', 'cold');
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err.startsWith(`${file}:${line}: `)).toBe(true);
  expect(err).toContain(told);
  expect(err.trim()).not.toContain('\n');
  expect(fs.existsSync(at('none'))).toBe(false);
});

test('predict refuses what a broken model answers', () => {
  const vocabulary = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', ...WORDS];
  const sizes = { layers: 1, hiddenSize: 16, heads: 2, intermediateSize: 32, maxPositions: 16 };
  const model = bert({ ...sizes, vocabSize: vocabulary.length });
  const { weights } = model.getLayer('classifier');
  tf.tidy(() => weights.forEach((weight) => weight.write(tf.fill(weight.shape as number[], NaN))));
  saveHuggingFace(model, at('broken'), { tokenizerFiles: { vocabulary, lowercase: true } });
  model.dispose();
  const { code, out, err } = run('predict', '--model', at('broken'), 'a wet day', 'a night');
  expect([code, out]).toEqual([2, '']);
  expect(err).toMatch(
    /^Expected finite numbers as the weights in .*broken, got NaN as number 0 of classifier\.weight: [^\n]*\n$/,
  );
});
