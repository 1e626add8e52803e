import { readOptions } from '../../experiments/options';
import { optimizerOf, warmupSteps } from '../../experiments/optimizer-options';

const script = {
  name: 'example',
  summary: 'An example.',
  leastEpochs: 0 as const,
  defaults: {
    toy: { epochs: 8, batchSize: 32, learningRate: 1e-3, maxLength: 16 },
    glue: { epochs: 3, batchSize: 16, learningRate: 5e-5, maxLength: 128 },
    quick: { epochs: 1 },
  },
};
const read = (...argv: string[]) => readOptions(script, argv);
const optimizer = (...argv: string[]) => optimizerOf(read('--learning-rate', '0.1', ...argv)).config;

test('optimizers by name, each with its own decay unless another one is given', () => {
  const adamW = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 };
  expect(optimizer()).toEqual({ name: 'adamW', options: adamW });
  expect(optimizer('--weight-decay', '0')).toEqual({ name: 'adamW', options: { ...adamW, weightDecay: 0 } });
  const sgd = { momentum: 0, nesterov: false, weightDecay: 0 };
  expect(optimizer('--optimizer', 'sgd')).toEqual({ name: 'sgd', options: sgd });
  expect(optimizer('--optimizer', 'momentum', '--weight-decay', '1e-4')).toEqual({
    name: 'sgd',
    options: { ...sgd, momentum: 0.9, weightDecay: 1e-4 },
  });
});

test('the warm-up is a share of the steps', () => {
  expect(warmupSteps(read(), 128)).toBe(13);
  expect(warmupSteps(read('--warmup', '0'), 128)).toBe(0);
  expect(warmupSteps(read('--warmup', '0.25'), 128)).toBe(32);
  expect(warmupSteps(read('--warmup', '1'), 128)).toBe(128);
});

test('what is usual is no option: a run of before is the same run', () => {
  const bare = read();
  expect(Object.keys(bare)).toEqual(expect.not.arrayContaining(['optimizer', 'weightDecay', 'warmup']));
  expect(read('--optimizer', 'adamw', '--weight-decay', '0.01', '--warmup', '0.1')).toEqual(bare);
  const momentum = read('--optimizer', 'momentum', '--learning-rate', '0.1');
  expect(momentum).toMatchObject({ optimizer: 'momentum' });
  expect(read('--optimizer', 'momentum', '--learning-rate', '0.1', '--weight-decay', '0')).toEqual(momentum);
  expect(read('--optimizer', 'momentum', '--learning-rate', '0.1', '--weight-decay', '0.01')).toMatchObject({
    weightDecay: 0.01,
  });
});

test.each([
  [['--optimizer', 'adam'], /Allowed choices are adamw, sgd, momentum/],
  [['--optimizer', 'sgd'], /^Expected --learning-rate with --optimizer sgd, got it without/],
  [['--weight-decay', '-1'], /number of at least 0/],
  [['--weight-decay', 'NaN'], /number of at least 0/],
  [['--warmup', '1.1'], /share from 0 to 1/],
  [['--warmup', '100'], /share from 0 to 1/],
])('%j is refused', (argv, message) => {
  expect(() => read(...argv)).toThrow(message);
});

test('without epochs there is no rate to ask for', () => {
  expect(read('--optimizer', 'sgd', '--epochs', '0')).toMatchObject({ optimizer: 'sgd' });
});
