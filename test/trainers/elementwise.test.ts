import * as tf from '@tensorflow/tfjs';
import { adagrad } from '../../trainers/adagrad';
import { rmsProp } from '../../trainers/rms-prop';
import type { Optimizer } from '../../trainers/optimizer';
import { parametersOf, type Parameters } from '../../trainers/parameters';
import { denseModel } from './small-models';

beforeAll(() => tf.setBackend('cpu'));

afterEach(() => tf.disposeVariables());

/** Trains dense/kernel, 1 2 3 4 at first, with the given gradients, one list a step. */
function trained(
  optimizer: Optimizer,
  gradients: readonly number[][],
  before?: (p: Parameters) => void,
): number[] {
  const parameters = parametersOf(denseModel(), { slots: optimizer.slots });
  before?.(parameters);
  gradients.forEach((gradient, i) => {
    parameters.list.forEach((parameter) => parameter.setGradient());
    parameters.get('dense/kernel').setGradient(Float32Array.from(gradient));
    optimizer.apply(parameters, { learningRate: 0.1, step: i + 1 });
  });
  const values = [...parameters.get('dense/kernel').weights];
  parameters.dispose();
  return values;
}

const GRADIENTS = [
  [0.5, -1, 0, 1e-3],
  [0.25, 2, 0, -1],
  [-3, 0.5, 1, 0],
];

/** The same by tfjs's optimizer. */
function byTfjs(optimizer: tf.Optimizer, gradients: readonly number[][]): number[] {
  const w = tf.tensor1d([1, 2, 3, 4]).variable();
  for (const gradient of gradients) {
    optimizer.applyGradients([{ name: w.name, tensor: tf.tensor1d(gradient) }]);
  }
  return [...w.dataSync()];
}

test.each<[string, Optimizer, () => tf.Optimizer]>([
  ['rmsProp', rmsProp(), () => tf.train.rmsprop(0.1)],
  [
    'rmsProp with momentum',
    rmsProp({ decay: 0.8, momentum: 0.6, epsilon: 1e-2 }),
    () => tf.train.rmsprop(0.1, 0.8, 0.6, 1e-2),
  ],
  ['adagrad', adagrad(), () => tf.train.adagrad(0.1)],
  ['adagrad from 1', adagrad({ initialAccumulator: 1 }), () => tf.train.adagrad(0.1, 1)],
])('%s computes what tfjs does', (_, optimizer, stock) => {
  const expected = byTfjs(stock(), GRADIENTS);
  trained(optimizer, GRADIENTS).forEach((weight, i) => expect(weight).toBeCloseTo(expected[i]!, 6));
});

test('rmsProp, centered: the variance, which is that of the formula; a gradient of 0 changes nothing', () => {
  const [ms, mg] = [0.1 * 0.25, 0.1 * 0.5];
  const [first, , zero] = trained(rmsProp({ centered: true }), GRADIENTS.slice(0, 1));
  expect(first).toBeCloseTo(1 - (0.1 * 0.5) / Math.sqrt(ms - mg ** 2 + 1e-7), 6);
  expect(zero).toBe(3);
});

test.each([rmsProp({ momentum: 0.9, centered: true }), adagrad()])(
  'what a mask prunes is exactly 0, slots too: $config.name',
  (optimizer) => {
    const mask = Uint8Array.of(1, 0, 1, 0);
    let slots: readonly Float32Array[] = [];
    const values = trained(optimizer, GRADIENTS, (parameters) => {
      parameters.setMask('dense/kernel', mask);
      slots = Object.values(parameters.get('dense/kernel').slots);
    });
    expect([values[1], values[3]]).toEqual([0, 0]);
    slots.forEach((slot) => expect([slot[1], slot[3]]).toEqual([0, 0]));
  },
);

test.each<[() => unknown, string]>([
  [() => rmsProp({ decay: 1 }), 'decay of rmsProp in [0, 1), got 1'],
  [() => rmsProp({ momentum: -0.1 }), 'momentum of rmsProp in [0, 1), got -0.1'],
  [() => adagrad({ initialAccumulator: NaN }), 'initialAccumulator of adagrad in [0, Infinity), got NaN'],
])('an option out of its range is refused: %#', (make, message) => {
  expect(make).toThrow(message);
});
