import * as tf from '@tensorflow/tfjs';
import { convert } from '../../lib/compress/convert';
import { prepare } from '../../lib/compress/prepare';
import { weightOnly } from '../../lib/compress/scheme';
import { report } from '../../lib/compress/report';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

function makeModel(): tf.LayersModel {
  const model = tf.sequential({
    layers: [
      tf.layers.dense({ units: 3, inputShape: [2], name: 'hidden' }),
      tf.layers.dense({ units: 1, name: 'head', useBias: false }),
    ],
  });
  model.setWeights([
    tf.tensor2d([127, 0, 0.1, 0.1, 0, 127], [2, 3]),
    tf.tensor1d([0, 0, 1]),
    tf.tensor2d([1, 2, 4], [3, 1]),
  ]);
  return model;
}

describe('report', () => {
  test('counts a float model', () => {
    const { rows, total, targets } = report(makeModel());
    expect(rows[0]).toEqual({
      path: 'hidden/kernel',
      shape: [2, 3],
      parameters: 6,
      zeros: 2,
      sparsity: 2 / 6,
      bits: 32,
      storedBits: 32,
      bytes: 24,
      target: true,
    });
    expect(rows.map(({ path, target }) => [path, target])).toEqual([
      ['hidden/kernel', true],
      ['hidden/bias', false],
      ['head/kernel', false],
    ]);
    expect(total).toEqual({ parameters: 12, zeros: 4, sparsity: 4 / 12, bytes: 48 });
    expect(targets).toEqual({ parameters: 6, zeros: 2, sparsity: 2 / 6, bytes: 24 });
  });

  test('of a converted model, counts codes and scales', () => {
    const prepared = prepare(makeModel(), weightOnly());
    const { rows, total } = report(convert(prepared));
    // 0.1 is below half a step of 1: its code is 0
    expect(rows[0]).toMatchObject({ zeros: 4, bits: 7, storedBits: 8, bytes: 6 + 4 * 3 });
    expect(rows.map(({ bits }) => bits)).toEqual([7, 32, 7]);
    expect(total.bytes).toBe(6 + 12 + 12 + 3 + 4);
    prepared.detach();
  });

  test('with targets of one’s own', () => {
    expect(report(makeModel(), { targets: ['head/kernel'] }).targets).toMatchObject({
      parameters: 3,
      zeros: 0,
    });
    expect(() => report(makeModel(), { targets: ['tail/kernel'] })).toThrow('got "tail/kernel"');
  });
});
