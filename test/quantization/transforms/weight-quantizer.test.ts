import * as tf from '@tensorflow/tfjs';
import { lookupQuantizer, weightQuantizer } from '../../../lib/quantization/transforms/weight-quantizer';
import { expectNoLeak } from '../../leaks';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const values = (x: tf.Tensor): number[] => Array.from(x.dataSync());
const kernel = tf.tensor2d([
  [127, 0.4],
  [63.5, -0.1],
  [0.4, 0],
]);

describe('weightQuantizer', () => {
  test('int8 per column, from the current range', () => {
    const step = Math.fround(Math.fround(0.4) / 127);
    const expected = [127, Math.fround(127 * step), 64, Math.fround(-32 * step), 0, 0];
    expect(values(weightQuantizer().apply(kernel, true))).toEqual(expected);
    expect(values(weightQuantizer().apply(kernel.mul(2), true))[0]).toBe(254);
  });

  test('the gradient passes unchanged, at the largest weight too', () => {
    const factors = tf.tensor2d([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    const gradient = tf.grad((w) => weightQuantizer().apply(w, true).mul(factors).sum());
    expect(values(gradient(kernel))).toEqual(values(factors));
  });

  test('off means identity', () => {
    const quantizer = weightQuantizer();
    const on = quantizer.revision;
    quantizer.enabled = false;
    expect(quantizer.apply(kernel, true)).toBe(kernel);
    expect(quantizer.revision).not.toBe(on);
  });

  test('leaks nothing', async () => {
    const quantizer = weightQuantizer();
    await expectNoLeak(() =>
      tf.dispose([quantizer.apply(kernel, true), tf.grad((w) => quantizer.apply(w, true))(kernel)]),
    );
  });
});

describe('lookupQuantizer', () => {
  test('quantizing the rows looked up gives the numbers of quantizing the table', () => {
    const table = tf.randomNormal([7, 5], 0, 1, 'float32', 3);
    const ids = tf.tensor2d(
      [
        [1, 6, 1],
        [0, 2, 3],
      ],
      undefined,
      'int32',
    );
    const lookedUp = lookupQuantizer().apply(tf.gather(table, ids), true);
    const quantizedTable = weightQuantizer({ axis: 0 }).apply(table, true);
    expect(lookedUp.shape).toEqual([2, 3, 5]);
    expect(values(lookedUp)).toEqual(values(tf.gather(quantizedTable, ids)));
  });

  test('the gradient passes unchanged', () => {
    const gradient = tf.grad((x) => lookupQuantizer().apply(x, true).square().sum().div(2));
    const x = tf.tensor3d([[[1, 0.5]]]);
    expect(values(gradient(x))).toEqual(values(lookupQuantizer().apply(x, true)));
  });
});
