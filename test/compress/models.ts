import * as tf from '@tensorflow/tfjs';
import { seededRandom } from '../../lib/core/random';
import { forward } from '../../lib/forward/forward';
import { bert } from '../../lib/models/bert';
import { mlp } from '../../lib/models/mlp';

/** A model and inputs for it; each call draws other inputs. */
export interface Case {
  readonly model: tf.LayersModel;
  readonly inputs: (seed: number) => tf.Tensor[];
}

const normals = (shape: number[]) => (seed: number) => [tf.randomNormal(shape, 0, 1, 'float32', seed)];

/** Every weight random: stock initializers take no seed that would reach all layers, and biases start at 0. */
function randomized(model: tf.LayersModel, seed: number): tf.LayersModel {
  tf.tidy(() =>
    model.setWeights(
      model.getWeights().map(({ shape }, i) => tf.randomNormal(shape, 0, 0.5, 'float32', seed + i)),
    ),
  );
  return model;
}

function sequential(): tf.LayersModel {
  return tf.sequential({
    layers: [
      tf.layers.dense({ units: 5, inputShape: [4], activation: 'relu', name: 'first' }),
      tf.layers.dense({ units: 3, name: 'second' }),
      tf.layers.dense({ units: 2, activation: 'softmax', name: 'third' }),
    ],
  });
}

/** Shared layers: `both` is applied to two tensors, one of which `other` consumes too. */
function shared(): tf.LayersModel {
  const [a, b] = [tf.input({ shape: [4], name: 'a' }), tf.input({ shape: [4], name: 'b' })];
  const both = tf.layers.dense({ units: 3, name: 'both' });
  const other = tf.layers.dense({ units: 3, name: 'other' });
  const sum = tf.layers
    .add({ name: 'sum' })
    .apply([both.apply(a), both.apply(b), other.apply(b)] as tf.SymbolicTensor[]);
  return tf.model({
    inputs: [a, b],
    outputs: tf.layers.dense({ units: 2, name: 'last' }).apply(sum) as tf.SymbolicTensor,
  });
}

/** An embedding that masks, a nested model, and a convolution, which stays float. */
function nested(): tf.LayersModel {
  return tf.sequential({
    layers: [
      tf.layers.embedding({ inputDim: 6, outputDim: 4, inputLength: 5, maskZero: true, name: 'words' }),
      tf.layers.dense({ units: 4, name: 'each' }),
      tf.layers.conv1d({ filters: 3, kernelSize: 2, name: 'conv' }),
      tf.layers.globalAveragePooling1d({ name: 'pool' }),
      tf.sequential({
        layers: [tf.layers.dense({ units: 3, inputShape: [3], name: 'inner' })],
        name: 'nest',
      }),
      tf.layers.dense({ units: 2, name: 'outer' }),
    ],
  });
}

function ids(rows: number, shape: [number, number]) {
  return (seed: number): tf.Tensor => {
    const next = seededRandom(seed, 'ids');
    return tf.tensor2d(
      Int32Array.from({ length: shape[0] * shape[1] }, () => Math.floor(next() * rows)),
      shape,
      'int32',
    );
  };
}

const bertSize = { vocabSize: 20, layers: 2, hiddenSize: 8, heads: 2, maxPositions: 10, labels: 3, seed: 1 };
const bertInputs = (seed: number) => [
  ids(20, [3, 6])(seed),
  tf.tensor2d([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 0, 0, 0], [3, 6], 'int32'),
  ids(2, [3, 6])(seed + 1),
];

export const cases: Record<string, () => Case> = {
  'a perceptron': () => ({
    model: randomized(mlp({ inputSize: 4, hiddenSizes: [6, 5], outputSize: 3 }), 10),
    inputs: normals([7, 4]),
  }),
  'a sequential model': () => ({ model: randomized(sequential(), 20), inputs: normals([7, 4]) }),
  'shared layers': () => ({
    model: randomized(shared(), 30),
    inputs: (seed) => [...normals([7, 4])(seed), ...normals([7, 4])(seed + 1)],
  }),
  'a nested model with masks': () => ({
    model: randomized(nested(), 40),
    inputs: (seed) => [ids(6, [3, 5])(seed).cast('float32')],
  }),
  'a BERT': () => ({ model: randomized(bert(bertSize), 50), inputs: bertInputs }),
};

export function predict(model: tf.LayersModel, inputs: tf.Tensor[]): number[] {
  return tf.tidy(() => Array.from(forward(model, inputs, false).dataSync()));
}

/** Forward passes in training, on other inputs each. */
export function observe({ model, inputs }: Case, passes = 3): void {
  for (let pass = 0; pass < passes; pass++) tf.tidy(() => void forward(model, inputs(100 + pass), true));
}
