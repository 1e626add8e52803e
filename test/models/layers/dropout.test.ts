import * as tf from '@tensorflow/tfjs';
import { clock } from '../../../lib/core/clock';
import { dropout } from '../../../lib/models/layers/dropout';
import { expectNoLeak } from '../../leaks';
import { numbers } from '../compare';

const values = (x: tf.Tensor) => [...x.dataSync()];
const drop = (x: tf.Tensor, name = 'd', rate = 0.25) =>
  dropout({ name, rate }).apply(x, { training: true }) as tf.Tensor;

beforeEach(() => Object.assign(clock, { seed: 1, tick: 0 }));

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
    clock.tick = 1;
    expect(values(drop(x))).not.toEqual(first);
    Object.assign(clock, { seed: 2, tick: 0 });
    expect(values(drop(x))).not.toEqual(first);
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
