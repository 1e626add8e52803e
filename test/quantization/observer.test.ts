import * as tf from '@tensorflow/tfjs';
import { minMax, movingAverage, Observer, RangeObserver } from '../../lib/quantization/observer';
import { perAxis } from '../../lib/quantization/granularity';
import { int8 } from '../../lib/quantization/spec';
import reference from '../reference/quantization.json';
import { expectNoLeak } from '../leaks';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const read = (variable: tf.Tensor): number => variable.dataSync()[0]!;

function observeAll<O extends Observer>(observer: O, batches: number[][]): O {
  batches.forEach((batch) => observer.observe(tf.tensor1d(batch)));
  return observer;
}

function expectState(
  observer: RangeObserver,
  expected: { min: number; max: number; scale: number; zp: number },
): void {
  const { scale, zeroPoint } = observer.qparams();
  expect(read(scale)).toBeCloseTo(expected.scale, 8);
  expect(read(zeroPoint)).toBe(expected.zp);
  expect(read(observer.state().lo)).toBeCloseTo(expected.min, 7);
  expect(read(observer.state().hi)).toBeCloseTo(expected.max, 7);
}

describe('movingAverage', () => {
  const { torchMovingAverage } = reference.observers;

  test('as torch', () => {
    expectState(observeAll(movingAverage(), torchMovingAverage.batches), torchMovingAverage);
  });

  test('the first observation sets the range exactly, whatever the constant', () => {
    const observer = observeAll(movingAverage({ averagingConstant: 0.3 }), [[-0.1, 0.7]]);
    expect(read(observer.state().lo)).toBe(Math.fround(-0.1));
    expect(read(observer.state().hi)).toBe(Math.fround(0.7));
  });

  test('the range always contains 0', () => {
    expectState(observeAll(movingAverage(), [[2, 255]]), { min: 2, max: 255, scale: 1, zp: 0 });
    expectState(observeAll(movingAverage(), [[-255, -2]]), { min: -255, max: -2, scale: 1, zp: 255 });
  });

  test('a checkpoint of the state goes on as if never stopped', () => {
    const whole = observeAll(movingAverage(), torchMovingAverage.batches);
    const first = observeAll(movingAverage(), torchMovingAverage.batches.slice(0, 2));
    const resumed = movingAverage();
    expect(resumed.hasObserved()).toBe(false);
    const saved = first.state();
    Object.entries(resumed.state()).forEach(([name, variable]) =>
      variable.assign(saved[name as 'lo' | 'hi' | 'seen'].clone()),
    );
    expect(resumed.hasObserved()).toBe(true);
    observeAll(resumed, torchMovingAverage.batches.slice(2));
    expect(read(resumed.state().lo)).toBe(read(whole.state().lo));
    expect(read(resumed.state().hi)).toBe(read(whole.state().hi));
  });

  test('refuses a constant outside (0, 1], and more than one range', () => {
    expect(() => movingAverage({ averagingConstant: 0 })).toThrow('above 0 and at most 1, got 0');
    expect(() => movingAverage({ spec: int8(perAxis(1)) })).toThrow(
      'perTensor() to observe with, got perAxis(1)',
    );
  });
});

describe('minMax', () => {
  test('as torch, with 0 in the range from the start', () => {
    const { torchMinMaxUint8, torchMinMaxOutlier } = reference.observers;
    expectState(observeAll(minMax(), torchMinMaxUint8.batches), { ...torchMinMaxUint8, min: 0 });
    expectState(observeAll(minMax(), torchMinMaxOutlier.batches), torchMinMaxOutlier);
  });
});

test.each([
  ['movingAverage', movingAverage],
  ['minMax', minMax],
])('%s leaks nothing and frees its state', async (_, make) => {
  const x = tf.tensor1d([1, 2]);
  await expectNoLeak(() => {
    const observer = make();
    observer.observe(x);
    tf.dispose(Object.values(observer.qparams()));
    observer.dispose();
  });
});
