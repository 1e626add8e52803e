import * as path from 'node:path';
import { Option } from 'commander';
import { readOptions, Script } from '../../experiments/options';
import { fraction, whole } from '../../experiments/parse';

const script: Script<{ levels: number }> = {
  name: 'example',
  summary: 'An example.',
  defaults: {
    toy: { epochs: 8, batchSize: 32, learningRate: 1e-3, maxLength: 16, levels: 7 },
    glue: { epochs: 3, batchSize: 16, learningRate: 5e-5, maxLength: 128, levels: 9 },
    quick: { epochs: 1, levels: 2 },
  },
  own: [new Option('--levels <n>', 'levels').argParser(whole(1))],
};
const read = (...argv: string[]) => readOptions(script, argv);

test('defaults belong to the task, --quick replaces some of them, and what is given wins', () => {
  expect(read()).toMatchObject({
    task: 'toy',
    epochs: 8,
    batchSize: 32,
    learningRate: 1e-3,
    levels: 7,
    seed: 0,
  });
  expect(read('--task', 'cola')).toMatchObject({ task: 'cola', epochs: 3, batchSize: 16, levels: 9 });
  expect(read('--quick')).toMatchObject({ quick: true, epochs: 1, batchSize: 32, levels: 2 });
  expect(read('--quick', '--epochs', '5', '--levels', '4')).toMatchObject({ epochs: 5, levels: 4 });
  expect(read()).toMatchObject({ engine: 'compiled', backend: 'cpu', quick: false, force: false });
  expect(read('--engine', 'eager')).toMatchObject({ engine: 'eager', backend: 'wasm' });
  expect(read('--engine', 'eager', '--backend', 'cpu', '--threads', '1')).toMatchObject({
    backend: 'cpu',
    threads: 1,
  });
});

test.each([
  [['--nonsense'], /unknown option '--nonsense'/],
  [['--epoch', '3'], /unknown option '--epoch'.*--epochs/s],
  [['word'], /too many arguments/],
  [['--task', 'snli'], /Allowed choices are toy, cola, sst2, mrpc, stsb, qqp, mnli, qnli, rte, wnli/],
  [['--engine', 'gpu'], /Allowed choices are compiled, eager/],
  [['--epochs', '0'], /whole number of at least 1/],
  [['--epochs', '1.5'], /whole number of at least 1/],
  [['--limit', ''], /whole number of at least 1/],
  [['--learning-rate', '-1'], /number above 0/],
  [['--seed'], /argument missing/],
])('%j is refused', (argv, message) => {
  expect(() => read(...argv)).toThrow(message);
});

test('a fraction is between 0 and 1, both excluded', () => {
  expect(fraction('0.25')).toBe(0.25);
  for (const text of ['0', '1', '20', 'half']) expect(() => fraction(text)).toThrow('such as 0.8');
});

test('a model is a folder, wherever the program goes, or a name on the Hub', () => {
  const model = (text: string) => read('--model', text).model;
  expect(model('google/bert_uncased_L-2_H-128_A-2')).toBe('google/bert_uncased_L-2_H-128_A-2');
  expect(model('owner/name@v1')).toBe('owner/name@v1');
  for (const folder of ['test/experiments', 'a/b/c', './a/b', 'a', '/a/b']) {
    expect(model(folder)).toBe(path.resolve(folder));
  }
});

test('early stopping is for scripts that may stop', () => {
  expect(readOptions({ ...script, mayStop: true }, ['--early-stopping', '2'])).toMatchObject({
    earlyStopping: 2,
  });
  expect(() => read('--early-stopping', '2')).toThrow(
    /^Expected no --early-stopping with example, whose schedules and comparisons need every step; give it to finetune/,
  );
  expect(() => readOptions({ ...script, mayStop: true }, ['--early-stopping', '0'])).toThrow(/at least 1/);
});
