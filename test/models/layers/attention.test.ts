import * as tf from '@tensorflow/tfjs';
import { atClock } from '../../../lib/core/clock';
import { attention } from '../../../lib/models/layers/attention';
import { attentionBias } from '../../../lib/models/layers/attention-bias';
import { dropoutMask } from '../../../lib/random/dropout-mask';
import { expectNoLeak } from '../../leaks';
import { expectClose, expectSameWithGradients, numbers } from '../compare';

const [batch, time, heads, headSize] = [2, 5, 3, 4];
const width = heads * headSize;
const shape = [batch, time, width];

const qkv = () => [numbers(shape, 1), numbers(shape, 2), numbers(shape, 3)];
const biasOf = (mask: number[][]) =>
  attentionBias().apply(tf.tensor2d(mask, undefined, 'int32')) as tf.Tensor;
const unmasked = () => biasOf([Array(time).fill(1), Array(time).fill(1)]);

/** Head by head, as in the paper. */
function naive(bias: tf.Tensor, mask?: tf.Tensor) {
  return (query: tf.Tensor, key: tf.Tensor, value: tf.Tensor): tf.Tensor => {
    const parts = [query, key, value].map((x) => tf.split(x, heads, 2));
    const outputs = Array.from({ length: heads }, (_, head) => {
      const [q, k, v] = parts.map((part) => part[head]!) as [tf.Tensor, tf.Tensor, tf.Tensor];
      const scores = tf.matMul(q, k.transpose([0, 2, 1])).div(Math.sqrt(headSize));
      const weights = tf.softmax(scores.add(bias.squeeze([1])));
      const dropped = mask ? weights.mul(mask.slice([0, head], [batch, 1]).squeeze([1])) : weights;
      return tf.matMul(dropped, v);
    });
    return tf.concat(outputs, 2);
  };
}

const layer = (dropout = 0) => attention({ name: 'core', heads, headSize, dropout });
const apply =
  (bias: tf.Tensor, dropout = 0, training = false) =>
  (...qkv: tf.Tensor[]) =>
    layer(dropout).apply([...qkv, bias], { training }) as tf.Tensor;

describe('attention', () => {
  it('equals the formula, head by head, with its gradients', () => {
    const bias = unmasked();
    expectSameWithGradients(apply(bias), naive(bias) as never, qkv());
  });

  it('equals the formula under a mask, with its gradients', () => {
    const bias = biasOf([
      [1, 1, 1, 0, 0],
      [1, 1, 1, 1, 1],
    ]);
    expectSameWithGradients(apply(bias), naive(bias) as never, qkv());
  });

  it('does not see masked keys and values', () => {
    const bias = biasOf([
      [1, 1, 1, 0, 0],
      [1, 1, 1, 0, 0],
    ]);
    const [query, key, value] = qkv() as [tf.Tensor, tf.Tensor, tf.Tensor];
    const change = tf.concat([tf.zeros([batch, 3, width]), tf.fill([batch, 2, width], 50)], 1);
    const changed = apply(bias)(query, key.add(change), value.add(change));
    expect([...changed.dataSync()]).toEqual([...apply(bias)(query, key, value).dataSync()]);
  });

  it('stays finite when every key is masked', () => {
    const bias = biasOf([Array(time).fill(0), Array(time).fill(1)]);
    const y = apply(bias)(...qkv());
    expect(y.isFinite().all().dataSync()[0]).toBe(1);
  });

  it('drops attention weights in training, with their gradients', () => {
    const bias = unmasked();
    atClock({ seed: 3, tick: 5 }, () => {
      const mask = dropoutMask({ name: 'core' }, [batch, heads, time, time], 0.5);
      expect(mask.min().dataSync()[0]).toBe(0);
      expectSameWithGradients(apply(bias, 0.5, true), naive(bias, mask) as never, qkv());
    });
    expectClose(
      apply(bias, 0.5, false)(...qkv()),
      naive(bias)(...(qkv() as [tf.Tensor, tf.Tensor, tf.Tensor])),
    );
  });

  it('refuses tensors of another width', () => {
    const wrong = tf.zeros([batch, time, width + 1]);
    expect(() => layer().apply([wrong, wrong, wrong, unmasked()])).toThrow(
      'width 3 heads · 4 at layer "core", got 13',
    );
  });

  it('refuses a dropout rate of 1', () => {
    expect(() => layer(1)).toThrow('dropout rate in [0, 1)');
  });

  it('leaves no tensors behind', async () => {
    const [bias, inputs] = [unmasked(), qkv()];
    await expectNoLeak(() => apply(bias, 0.3, true)(...inputs).dispose());
    await expectNoLeak(() => tf.dispose(tf.grads(apply(bias, 0.3, true))(inputs)));
  });
});
