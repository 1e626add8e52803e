import * as tf from '@tensorflow/tfjs';
import { perAxis } from '../../../lib/quantization/granularity';
import { int8 } from '../../../lib/quantization/spec';
import { lookupQuantizer, weightQuantizer } from '../../../lib/quantization/transforms/weight-quantizer';
import { expectNoLeak } from '../../leaks';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const values = (x: tf.Tensor): number[] => Array.from(x.dataSync());
const kernel = tf.tensor2d([
  [126, 0.4],
  [63.5, -0.1],
  [0.4, 0],
]);

describe('weightQuantizer', () => {
  test('7 bits per column, from the current range', () => {
    const step = Math.fround(Math.fround(0.4) / 63);
    const expected = [126, Math.fround(63 * step), 64, Math.fround(-16 * step), 0, 0];
    expect(values(weightQuantizer().apply(kernel, 'training'))).toEqual(expected);
    expect(values(weightQuantizer().apply(kernel.mul(2), 'training'))[0]).toBe(252);
  });

  test('the gradient passes unchanged, at the largest weight too', () => {
    const factors = tf.tensor2d([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    const gradient = tf.grad((w) => weightQuantizer().apply(w, 'training').mul(factors).sum());
    expect(values(gradient(kernel))).toEqual(values(factors));
  });

  test('off means identity', () => {
    const quantizer = weightQuantizer();
    const on = quantizer.revision;
    quantizer.mode = 'off';
    expect(quantizer.apply(kernel, 'training')).toBe(kernel);
    expect(quantizer.revision).not.toBe(on);
  });

  test('leaks nothing', async () => {
    const quantizer = weightQuantizer();
    await expectNoLeak(() =>
      tf.dispose([
        quantizer.apply(kernel, 'training'),
        tf.grad((w) => quantizer.apply(w, 'training'))(kernel),
      ]),
    );
  });
});

const rowQuantizer = () => weightQuantizer({ spec: int8(perAxis(0)) });

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
    const quantizer = rowQuantizer();
    const lookedUp = lookupQuantizer(quantizer).rows.apply(tf.gather(table, ids), 'training');
    const quantizedTable = quantizer.apply(table, 'training');
    expect(lookedUp.shape).toEqual([2, 3, 5]);
    expect(values(lookedUp)).toEqual(values(tf.gather(quantizedTable, ids)));
  });

  test('the gradient passes unchanged', () => {
    const { rows } = lookupQuantizer(rowQuantizer());
    const gradient = tf.grad((x) => rows.apply(x, 'training').square().sum().div(2));
    const x = tf.tensor3d([[[1, 0.5]]]);
    expect(values(gradient(x))).toEqual(values(rows.apply(x, 'training')));
  });
});
