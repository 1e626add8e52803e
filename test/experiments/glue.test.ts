import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { readResult } from '../../experiments/result';
import { saveHuggingFace } from '../../lib/export/hugging-face/folder';
import { bert } from '../../lib/models/bert';
import { transpiledPackage } from '../transpiled';
import { runScript } from './run-script';

const MINUTE = 60_000;
const WORDS = ['good', 'bad', 'film', 'plot', 'the', 'is', 'not'];

let folder: string;
let copy: string;
const at = (...names: string[]) => path.join(folder, ...names);

beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'whittle-glue-'));
  copy = transpiledPackage();
  const vocabulary = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', ...WORDS];
  const model = bert({
    ...{
      layers: 1,
      hiddenSize: 16,
      heads: 2,
      intermediateSize: 32,
      maxPositions: 32,
      seed: 1,
      initializerRange: 0.5,
    },
    vocabSize: vocabulary.length,
  });
  saveHuggingFace(model, at('first'), { tokenizerFiles: { vocabulary, lowercase: true } });
  model.dispose();
  writeTask('STS-B', ['train.tsv', 'dev.tsv'], 'score', (i) => ((i * 7) % 51) / 10);
  const CLASSES = ['entailment', 'neutral', 'contradiction'];
  writeTask(
    'MNLI',
    ['train.tsv', 'dev_matched.tsv', 'dev_mismatched.tsv'],
    'gold_label',
    (i) => CLASSES[i % 3]!,
  );
  writeTask('STS-B', ['test.tsv']);
  writeTask('MNLI', ['test_matched.tsv', 'test_mismatched.tsv']);
}, MINUTE);
afterAll(() => fs.rmSync(folder, { recursive: true }));

/** Writes files of 24 rows in GLUE's format. */
function writeTask(
  task: string,
  files: readonly string[],
  label?: string,
  labelOf: (i: number) => string | number = () => '',
): void {
  fs.mkdirSync(at('glue', task), { recursive: true });
  const text = (i: number) => `the ${WORDS[i % WORDS.length]} is ${WORDS[(i * 3) % WORDS.length]}`;
  const tail = (value: string | number) => (label ? `\t${value}` : '');
  const rows = Array.from({ length: 24 }, (_, i) => `${i}\t${text(i)}\t${text(i + 5)}${tail(labelOf(i))}`);
  const lines = [`index\tsentence1\tsentence2${tail(label ?? '')}`, ...rows, ''];
  for (const file of files) fs.writeFileSync(at('glue', task, file), lines.join('\n'));
}

const run = (script: string, ...options: string[]) => runScript(copy, script, options);

const SCRIPTS: Readonly<Record<string, readonly string[]>> = {
  finetune: [],
  'gradual-pruning-bert': ['--sparsity', '0.5'],
  'qat-bert': [],
  'lth-bert': ['--seeds', '1', '--levels', '1', '--prune', '0.5'],
};

/** Runs a script on a task, and gives its result. */
async function learn(
  task: string,
  script: string,
): Promise<{ out: string; result: ReturnType<typeof readResult> }> {
  const options = [
    '--task',
    task,
    '--data-dir',
    at('glue'),
    '--model',
    at('first'),
    '--out',
    at(`${task}-${script}`),
  ];
  const common = ['--epochs', '1', '--batch-size', '8', '--max-length', '32', '--threads', '1'];
  const { code, out, err } = await run(script, ...options, ...common, ...SCRIPTS[script]!);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return { out, result: readResult(at(`${task}-${script}`, 'result.json')) };
}

test.each(Object.keys(SCRIPTS))(
  '%s learns a regression, and three classes scored on two sets',
  async (script) => {
    const [regression, classes] = await Promise.all([learn('stsb', script), learn('mnli', script)]);
    expect(regression.result).toMatchObject({ task: 'STS-B', metric: 'pearson', majority: 0 });
    for (const { metrics } of regression.result.rows) {
      expect(Object.keys(metrics).sort()).toEqual(['loss', 'pearson', 'spearman']);
      for (const score of [metrics['pearson']!, metrics['spearman']!])
        expect(Math.abs(score)).toBeLessThanOrEqual(1);
    }
    expect(regression.out).toMatch(/constant( answer)? +0\.0000 +0\.0000/);
    expect(regression.out).toContain(
      'not the rows that GLUE publishes, so scores do not compare: train.tsv 24',
    );

    expect(classes.result).toMatchObject({ task: 'MNLI', metric: 'accuracy', majority: 1 / 3 });
    for (const { metrics } of classes.result.rows) {
      expect(Object.keys(metrics).sort()).toEqual(['accuracy', 'accuracy-mm', 'loss']);
      expect(metrics['accuracy-mm']).toBe(metrics['accuracy']); // the two files are the same here
    }
    expect(classes.out).toMatch(/majority( class)? +0\.3333 +0\.3333/);
  },
  2 * MINUTE,
);

describe('predict', () => {
  const ask = (task: string, ...options: string[]) =>
    run('predict', '--model', at(`${task}-finetune`, 'model'), ...options);

  test(
    'gives a number, or a class, to a pair of sentences',
    async () => {
      const [number, label, alone] = await Promise.all([
        ask('stsb', 'the film is good', 'the plot is bad', '--pair', 'the film is bad'),
        ask('mnli', 'the film is good', '--pair', 'the film is bad'),
        ask('mnli', 'the film is good'),
      ]);
      expect([number, label, alone]).toMatchObject([{ code: 0 }, { code: 0 }, { code: 0 }]);
      expect(number!.out).toMatch(
        /similarity\n─.*\nthe film is good +-?\d\.\d{3}\nthe plot is bad +-?\d\.\d{3}\n$/,
      );
      expect(label!.out).toMatch(/entailment +neutral +contradiction/);
      expect(label!.out).toMatch(/the film is good +(entailment|neutral|contradiction)( +\d+\.\d%){3}/);
      expect(alone!.out).not.toBe(label!.out);
    },
    MINUTE,
  );

  test(
    'writes submissions',
    async () => {
      const submit = (task: string, model = task) =>
        ask(model, '--task', task, '--data-dir', at('glue'), '--out', at('submission'));
      const ends = await Promise.all([submit('stsb'), submit('mnli')]);
      expect(ends).toMatchObject([
        { code: 0, err: '' },
        { code: 0, err: '' },
      ]);
      expect(fs.readdirSync(at('submission')).sort()).toEqual(['MNLI-m.tsv', 'MNLI-mm.tsv', 'STS-B.tsv']);
      expect(ends[0]!.out).toContain('STS-B.tsv  24 rows; not the rows that GLUE publishes');
      const lines = (name: string) => fs.readFileSync(at('submission', name), 'utf8').split('\n');
      for (const [name, answer] of [
        ['STS-B.tsv', /^\d+\t[0-5](\.\d+)?$/],
        ['MNLI-m.tsv', /^\d+\t(entailment|neutral|contradiction)$/],
      ] as const) {
        const [header, ...rows] = lines(name);
        expect(header).toBe('index\tprediction');
        expect(rows.pop()).toBe('');
        expect(rows.map((row) => row.split('\t')[0])).toEqual(
          Array.from({ length: 24 }, (_, i) => String(i)),
        );
        for (const row of rows) expect(row).toMatch(answer);
      }
    },
    MINUTE,
  );

  test(
    'tells in one sentence what is asked wrongly',
    async () => {
      const mistakes: [Promise<{ code: number | null; err: string }>, RegExp][] = [
        [ask('stsb', '--task', 'rte', '--data-dir', at('glue')), /^Expected a model of RTE.*similarity.*\n$/],
        [ask('stsb', '--task', 'stsb'), /^Expected --data-dir .*\n$/],
        [
          ask('stsb', '--task', 'stsb', '--data-dir', at('glue'), 'a film'),
          /^Expected one of sentences, --data and --task.*\n$/,
        ],
        [ask('stsb'), /^Expected texts to answer, found none\.\n$/],
      ];
      for (const [end, message] of mistakes) {
        const { code, err } = await end;
        expect(code).toBe(2);
        expect(err).toMatch(message);
      }
    },
    MINUTE,
  );
});
