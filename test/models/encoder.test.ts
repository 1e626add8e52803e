import * as tf from '@tensorflow/tfjs';
import { forward } from '../../lib/forward/forward';
import { bert } from '../../lib/models/bert';
import { encodeTokens } from '../../lib/models/encoder';
import { expectNoLeak } from '../leaks';

const model = bert({ vocabSize: 9, layers: 2, hiddenSize: 8, heads: 2, seed: 1 });
const int = (row: number[]) => tf.tensor2d([row], undefined, 'int32');
const xs = [int([2, 5, 7, 3]), int([1, 1, 1, 1]), int([0, 0, 1, 1])];

describe('encode', () => {
  it('gives what the classifier sees', () => {
    const { hidden, pooled } = encodeTokens(model, xs);
    expect([hidden.shape, pooled.shape]).toEqual([
      [1, 4, 8],
      [1, 8],
    ]);
    const [kernel, bias] = model.getLayer('classifier').getWeights() as [tf.Tensor2D, tf.Tensor];
    const expected = tf.matMul(pooled as tf.Tensor2D, kernel).add(bias);
    expect([...expected.dataSync()]).toEqual([...forward(model, xs, false).dataSync()]);
  });

  it('leaves only its results', async () => {
    await expectNoLeak(() => tf.dispose({ ...encodeTokens(model, xs) }));
  });

  it('refuses a model that is no BERT', () => {
    const other = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [1] })] });
    expect(() => encodeTokens(other, [])).toThrow('Expected a model built by bert()');
  });
});
