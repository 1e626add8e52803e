import * as tf from '@tensorflow/tfjs';
import { jit } from '../../../lib/compile/jit';
import { minMax } from '../../../lib/quantization/observers/min-max';
import { movingAverage } from '../../../lib/quantization/observers/moving-average';
import type { Observer } from '../../../lib/quantization/observers/observer';
import type { RangeObserver } from '../../../lib/quantization/observers/range-observer';
import { perAxis } from '../../../lib/quantization/granularity';
import { codeRange, int8, uint8 } from '../../../lib/quantization/spec';
import reference from '../../reference/quantization.json';
import { expectNoLeak } from '../../leaks';

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
      'the shape of what is observed for a spec that is perAxis(1), got none',
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

describe.each([
  ['movingAverage', movingAverage],
  ['minMax', minMax],
])('%s', (_, make) => {
  const spec = int8(perAxis(-1));
  const perColumn = () => make({ spec, shape: [null, 3] });
  const x = () =>
    tf.tensor2d([
      [1, 0, -2],
      [3, 0, 4],
    ]);

  test('per axis: a range for each index, 0 … 0 of a dead channel, whose scale is 1', () => {
    const observer = perColumn();
    observer.observe(x());
    expect(Array.from(observer.state().hi.dataSync())).toEqual([3, 0, 4]);
    const { scale } = observer.qparams();
    expect(scale.shape).toEqual([1, 3]);
    const most = (codeRange(spec)[1] - codeRange(spec)[0]) / 2;
    expect(Array.from(scale.dataSync())).toEqual([3 / most, 1, 4 / most].map(Math.fround));
  });

  test('per axis, compiled as eagerly', async () => {
    const [eager, compiled] = [perColumn(), perColumn()];
    const observe = jit((value: tf.Tensor) => {
      compiled.observe(value);
      return value;
    });
    for (const shift of [0, 5, -2]) {
      await observe(x().add(shift));
      eager.observe(x().add(shift));
    }
    for (const name of ['lo', 'hi'] as const) {
      expect(Array.from(compiled.state()[name].dataSync())).toEqual(
        Array.from(eager.state()[name].dataSync()),
      );
    }
    await observe.dispose();
  });

  test('per axis, refuses a tensor of another width', () => {
    expect(() => perColumn().observe(tf.ones([2, 4]))).toThrow('with [1, 3] ranges to observe perAxis(-1)');
  });

  test('takes nothing of an empty tensor', () => {
    const observer = make();
    observer.observe(tf.zeros([0, 3]));
    expect(observer.hasObserved()).toBe(false);
    observer.observe(tf.tensor1d([2]));
    observer.observe(tf.zeros([0]));
    expect(read(observer.state().hi)).toBe(2);
  });

  test.each([NaN, Infinity, -Infinity])('has no finite scale after %d', (value) => {
    const observer = make({ spec: uint8() });
    observer.observe(tf.tensor1d([1, value, 2]));
    observer.observe(tf.tensor1d([1, 2]));
    expect(Number.isFinite(read(observer.qparams().scale))).toBe(false);
  });
});
