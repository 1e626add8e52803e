import * as tf from '@tensorflow/tfjs';
import { classifiersOf, defaultTargets } from '../../lib/pruning/targets';

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
