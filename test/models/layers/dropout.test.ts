import assert from 'node:assert';
import * as tf from '@tensorflow/tfjs';
import { jit } from '../../../lib/compile/jit';
import { atClock, clock } from '../../../lib/core/clock';
import { dropout } from '../../../lib/models/layers/dropout';
import { expectNoLeak } from '../../leaks';
import { numbers } from '../compare';

const values = (x: tf.Tensor) => [...x.dataSync()];
const drop = (x: tf.Tensor, name = 'd', rate = 0.25) =>
  dropout({ name, rate }).apply(x, { training: true }) as tf.Tensor;

describe('dropout', () => {
  it('is the identity outside of training and at rate 0', () => {
    const x = numbers([20], 1);
    expect(values(dropout({ name: 'd', rate: 0.5 }).apply(x) as tf.Tensor)).toEqual(values(x));
    expect(values(drop(x, 'd', 0))).toEqual(values(x));
  });

  it('drops about its rate and scales up the rest', () => {
    const y = values(drop(tf.ones([10_000])));
    expect([...new Set(y)].sort()).toEqual([0, Math.fround(1 / 0.75)]);
    const dropped = y.filter((value) => value === 0).length / y.length;
    expect(Math.abs(dropped - 0.25)).toBeLessThan(0.025); // six standard deviations
  });

  it('draws the same mask at the same seed, tick and name, and another one otherwise', () => {
    const x = tf.ones([64]);
    const first = values(drop(x));
    expect(values(drop(x))).toEqual(first);
    expect(values(drop(x, 'e'))).not.toEqual(first);
    const at = (seed: number, tick: number) => atClock({ seed, tick }, () => values(drop(x)));
    expect(at(0, 0)).toEqual(first);
    expect(at(0, 1)).not.toEqual(first);
    expect(at(1, 0)).not.toEqual(first);
    expect(at(1, 0)).toEqual(at(1, 0));
  });

  it('has the time of its surroundings back after an inner one, also after an error', () => {
    const times = atClock({ seed: 1, tick: 2 }, () => {
      expect(() => atClock({ seed: 3, tick: 4 }, () => assert.fail('inside'))).toThrow('inside');
      return [clock(), atClock({ seed: 3, tick: 4 }, clock), clock()];
    });
    expect([...times, clock()].map(({ seed, tick }) => [seed, tick])).toEqual([
      [1, 2],
      [3, 4],
      [1, 2],
      [0, 0],
    ]);
  });

  it('is drawn by a compiled function at the time of its call', async () => {
    const x = tf.ones([64]);
    const compiled = jit((value: tf.Tensor) => drop(value));
    const calls = [5, 6].map((tick) => atClock({ seed: 1, tick }, () => compiled(x)));
    const together = (await Promise.all(calls)).map(values);
    expect(together).toEqual([5, 6].map((tick) => atClock({ seed: 1, tick }, () => values(drop(x)))));
    await compiled.dispose();
  });

  it('passes gradient where it kept, scaled', () => {
    const x = tf.ones([64]);
    expect(values(tf.grad((x) => drop(x))(x))).toEqual(values(drop(x)));
  });

  it.each([-0.1, 1, NaN])('refuses the rate %d', (rate) => {
    expect(() => dropout({ name: 'd', rate })).toThrow('dropout rate in [0, 1) for layer "d"');
  });

  it('leaves no tensors behind', async () => {
    const x = tf.ones([8]);
    await expectNoLeak(() => drop(x).dispose());
    await expectNoLeak(() =>
      tf
        .grad((x) => drop(x))(x)
        .dispose(),
    );
  });
});
