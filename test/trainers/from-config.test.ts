import * as tf from '@tensorflow/tfjs';
import {
  adagrad,
  adamW,
  constantRate,
  int8,
  learningRateFrom,
  linearWarmup,
  minMax,
  mse,
  observerFrom,
  optimizerFrom,
  percentile,
  perTensor,
  rmsProp,
  sgd,
} from '../../index';

const throughJson = (value: { config?: unknown }) => JSON.parse(JSON.stringify(value.config)) as unknown;

test.each([
  adagrad({ initialAccumulator: 0.2 }),
  adamW({ weightDecay: 0.1 }),
  rmsProp({ centered: true }),
  sgd({ momentum: 0.5, nesterov: true }),
])('an optimizer from JSON has the options that it had: $config.name', (optimizer) => {
  const again = optimizerFrom(throughJson(optimizer));
  expect(again.config).toEqual(optimizer.config);
  expect(again.slots).toEqual(optimizer.slots);
});

test.each([constantRate(0.1), linearWarmup({ peak: 0.2, warmupSteps: 3, totalSteps: 9 })])(
  'a learning rate from JSON is the one it was: $config.name',
  (rate) => {
    const again = learningRateFrom(throughJson(rate));
    for (let step = 0; step < 10; step++) expect(again(step)).toBe(rate(step));
  },
);

test.each([
  () => minMax(),
  () => percentile({ percent: 90 }),
  () => mse({ spec: int8(perTensor()), outliers: 0.1 }),
])('an observer from JSON finds the range that it found: %#', (make) => {
  const [one, again] = [make(), observerFrom(throughJson(make()))];
  const scales = tf.tidy(() => {
    const x = tf.randomNormal([1000], 0, 1, 'float32', 1);
    return [one, again].map((observer) => {
      observer!.observe(x);
      return observer!.qparams().scale.dataSync()[0];
    });
  });
  expect(scales[1]).toBe(scales[0]);
  expect(again!.spec.bits).toBe(one!.spec.bits);
  [one, again].forEach((observer) => observer!.dispose());
});

test.each<[() => unknown, string]>([
  [() => optimizerFrom({ name: 'adam' }), 'Expected an optimizer, got "adam"; the nearest are adamW'],
  [() => optimizerFrom({ name: 'sgd', options: { beta1: 0.9 } }), 'Expected an option of sgd, got "beta1"'],
  [() => learningRateFrom({ name: 'constantRate', options: { rate: -1 } }), 'received rate -1'],
  [() => observerFrom({ name: 'percentile', options: { percent: 0 } }), 'Expected a percent above 0'],
  [() => observerFrom('percentile'), 'Expected an observer as { "name": …'],
])('%s is refused', (make, message) => {
  expect(make).toThrow(message);
});
