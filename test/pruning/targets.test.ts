import * as tf from '@tensorflow/tfjs';
import { classifiersOf, defaultTargets, pruningTargets } from '../../lib/pruning/targets';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const paths = (model: tf.LayersModel) => defaultTargets(model).map(({ path }) => path);

describe('defaultTargets', () => {
  test('kernels, but not embeddings, norms, biases and the classifier', () => {
    const model = tf.sequential({
      layers: [
        tf.layers.embedding({ inputDim: 5, outputDim: 4, inputLength: 3, name: 'embed' }),
        tf.layers.layerNormalization({ axis: [1, 2], name: 'norm' }),
        tf.layers.conv1d({ filters: 2, kernelSize: 2, name: 'conv' }),
        tf.layers.flatten(),
        tf.layers.dense({ units: 3, name: 'hidden' }),
        tf.layers.dense({ units: 2, name: 'classifier' }),
        tf.layers.softmax(),
      ],
    });
    expect(paths(model)).toEqual(['conv/kernel', 'hidden/kernel']);
  });

  test('pointwise and recurrent kernels, but not depthwise ones and slopes; all are listed, with what speaks against them', () => {
    const model = tf.sequential({
      layers: [
        tf.layers.separableConv2d({ filters: 2, kernelSize: 1, name: 'separable', inputShape: [2, 2, 3] }),
        tf.layers.depthwiseConv2d({ kernelSize: 1, name: 'depthwise' }),
        tf.layers.prelu({ name: 'slopes' }),
        tf.layers.batchNormalization({ name: 'norm' }),
        tf.layers.reshape({ targetShape: [4, 2] }),
        tf.layers.gru({ units: 2, name: 'gru' }),
        tf.layers.dense({ units: 2, name: 'frozen', trainable: false, useBias: false }),
        tf.layers.dense({ units: 2, name: 'classifier', useBias: false }),
      ],
    });
    expect(paths(model)).toEqual(['separable/pointwise_kernel', 'gru/kernel', 'gru/recurrent_kernel']);
    const { targets, skipped } = pruningTargets(model);
    expect(targets.length + skipped.length).toBe(model.weights.length);
    expect(Object.fromEntries(skipped.map(({ path, why }) => [path, why]))).toEqual({
      'separable/depthwise_kernel': 'it works on each channel by itself',
      'separable/bias': 'it is a bias',
      'depthwise/depthwise_kernel': 'it works on each channel by itself',
      'depthwise/bias': 'it is a bias',
      'slopes/alpha': 'it scales channels',
      'norm/gamma': 'it scales channels',
      'norm/beta': 'it shifts channels',
      'norm/moving_mean': 'it is a statistic of what its layer sees',
      'norm/moving_variance': 'it is a statistic of what its layer sees',
      'gru/bias': 'it is a bias',
      'frozen/kernel': 'it is not trained',
      'classifier/kernel': 'its layer makes what the model returns',
    });
  });

  test('the classifier is found behind norms and slopes, but not behind a sum and its norm', () => {
    const input = tf.input({ shape: [4] });
    const first = tf.layers.dense({ units: 4, name: 'first' }).apply(input) as tf.SymbolicTensor;
    const second = tf.layers.dense({ units: 4, name: 'second' }).apply(first) as tf.SymbolicTensor;
    const normed = (x: tf.SymbolicTensor) => tf.layers.layerNormalization().apply(x) as tf.SymbolicTensor;
    const sloped = tf.layers.prelu().apply(normed(second)) as tf.SymbolicTensor;
    expect(paths(tf.model({ inputs: input, outputs: normed(sloped) }))).toEqual(['first/kernel']);
    const sum = tf.layers.add().apply([first, second]) as tf.SymbolicTensor;
    const headless = tf.model({ inputs: input, outputs: normed(sum) });
    expect(paths(headless)).toEqual(['first/kernel', 'second/kernel']);
  });

  test('not what is frozen', () => {
    const hidden = tf.layers.dense({ units: 3, name: 'hidden', inputShape: [2] });
    const model = tf.sequential({ layers: [hidden, tf.layers.dense({ units: 1 })] });
    hidden.trainable = false;
    expect(paths(model)).toEqual([]);
  });

  test('the classifier is found behind weightless layers, in nested models and for each output', () => {
    const input = tf.input({ shape: [4] });
    const hidden = tf.layers.dense({ units: 4, name: 'hidden' }).apply(input) as tf.SymbolicTensor;
    const nested = tf.sequential({
      layers: [
        tf.layers.dense({ units: 3, inputShape: [4], name: 'inside' }),
        tf.layers.dense({ units: 2, name: 'first' }),
      ],
    });
    const first = nested.apply(hidden) as tf.SymbolicTensor;
    const second = tf.layers.dense({ units: 2, name: 'second' }).apply(hidden) as tf.SymbolicTensor;
    const sum = tf.layers.add().apply([first, second]) as tf.SymbolicTensor;
    const model = tf.model({ inputs: input, outputs: [sum, second] });
    expect([...classifiersOf(model)].map(({ name }) => name)).toEqual(['first', 'second']);
    expect(paths(model).sort()).toEqual(['hidden/kernel', 'inside/kernel']);
  });

  test('the classifier is found before a nested model without weights, and inside a wrapper', () => {
    const hidden = tf.layers.dense({ units: 3, name: 'hidden', inputShape: [4, 2] });
    const each = tf.layers.timeDistributed({ layer: tf.layers.dense({ units: 3 }), name: 'each' });
    const last = tf.sequential({ layers: [tf.layers.reshape({ targetShape: [12], inputShape: [4, 3] })] });
    expect(paths(tf.sequential({ layers: [hidden, each, last] }))).toEqual(['hidden/kernel']);
  });
});
