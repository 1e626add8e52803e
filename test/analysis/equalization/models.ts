import * as tf from '@tensorflow/tfjs';
import { normal, seededRandom } from '../../../lib/core/random';
import { attention } from '../../../lib/models/layers/attention';
import { attentionBias } from '../../../lib/models/layers/attention-bias';
import { gelu } from '../../../lib/models/layers/gelu';
import { layerNorm } from '../../../lib/models/layers/layer-norm';

export type Symbolic = tf.SymbolicTensor;
export type Layer = tf.layers.Layer;

export const apply = (layer: Layer, ...xs: Symbolic[]) =>
  layer.apply(xs.length === 1 ? xs[0]! : xs) as Symbolic;
export const dense = (name: string, units = 4, activation?: 'relu' | 'tanh') =>
  tf.layers.dense({ name, units, activation });
export const relu = (name: string, units: number, inputSize: number) =>
  tf.layers.dense({ name, units, activation: 'relu', inputShape: [inputSize] });
export const chain = (...layers: Layer[]) => tf.sequential({ layers });
export const input = (...shape: number[]) => tf.input({ shape });

/** Weights from a seed: normal, and positive where they have to be. */
export function randomized<M extends tf.LayersModel>(model: M, seed = 1): M {
  const random = seededRandom(seed, 'weights');
  model.weights.forEach((weight) => {
    const isVariance = weight.originalName.endsWith('moving_variance');
    const values = Float32Array.from({ length: weight.shape.reduce((a, b) => a! * b!, 1)! }, () =>
      isVariance ? 0.2 + random() : 0.5 * normal(random),
    );
    tf.tidy(() => void weight.write(tf.tensor(values, weight.shape as number[])));
  });
  return model;
}

/** What a model answers to normal inputs. */
export function answers(model: tf.LayersModel, batch = 5, seed = 3): Float32Array {
  return tf.tidy(() => {
    const xs = model.inputs.map(({ shape }, i) =>
      tf.randomNormal([batch, ...(shape.slice(1) as number[])], 0, 1, 'float32', seed + i),
    );
    return (model.predict(xs) as tf.Tensor).dataSync() as Float32Array;
  });
}

/** Fails unless a model answers what it did, to 1e-5 of the largest number. */
export function expectSame(after: Float32Array, before: Float32Array): void {
  const largest = before.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const difference = before.reduce((most, value, i) => Math.max(most, Math.abs(value - after[i]!)), 0);
  expect(largest).toBeGreaterThan(0);
  expect(difference / largest).toBeLessThan(1e-5);
}

export const weight = (model: tf.LayersModel, layer: string, index = 0) =>
  Array.from(model.getLayer(layer).weights[index]!.read().dataSync());

/** A transformer block that normalizes before its parts, [5, 4] → [5, 4], with ReLU or GELU. */
export function preNorm(activation: () => Layer = () => tf.layers.reLU({ name: 'relu' })): tf.LayersModel {
  const [x, mask] = [input(5, 4), input(5)];
  const bias = apply(attentionBias(), mask);
  const normed = apply(layerNorm({ name: 'norm1' }), x);
  const [q, k, v] = ['query', 'key', 'value'].map((name) => apply(dense(name), normed));
  const core = apply(attention({ name: 'core', heads: 2, headSize: 2 }), q!, k!, v!, bias);
  const attended = apply(tf.layers.add({ name: 'add1' }), x, apply(dense('output'), core));
  const up = apply(dense('up', 8), apply(layerNorm({ name: 'norm2' }), attended));
  const down = apply(dense('down'), apply(activation(), up));
  const outputs = apply(tf.layers.add({ name: 'add2' }), attended, down);
  return randomized(tf.model({ inputs: [x, mask], outputs }));
}

export const withGelu = () => preNorm(() => gelu({ name: 'gelu' }));

const conv = (name: string, options: object = {}) =>
  tf.layers.conv2d({ name, filters: 4, kernelSize: 3, activation: 'relu', ...options });

/** Convolutional models, each with the pairs that it has. */
export const convolutional: Record<
  string,
  readonly [() => tf.LayersModel, readonly (readonly [string, string])[]]
> = {
  'convolutions, pooling and a flattening': [
    () =>
      chain(
        conv('a', { inputShape: [12, 12, 3], padding: 'same' }),
        tf.layers.maxPooling2d({ poolSize: 2 }),
        conv('b', { useBias: false }),
        tf.layers.averagePooling2d({ poolSize: 2, padding: 'same' }),
        tf.layers.dropout({ rate: 0.5 }),
        tf.layers.flatten(),
        dense('c', 6, 'relu'),
        dense('d', 2),
      ),
    [
      ['a', 'b'],
      ['b', 'c'],
      ['c', 'd'],
    ],
  ],
  'depthwise and separable convolutions': [
    () =>
      chain(
        conv('a', { inputShape: [8, 8, 3], activation: undefined }),
        tf.layers.leakyReLU(),
        tf.layers.depthwiseConv2d({
          name: 'b',
          kernelSize: 2,
          depthMultiplier: 2,
          padding: 'same',
          activation: 'relu',
        }),
        tf.layers.separableConv2d({ name: 'c', filters: 5, kernelSize: 2, depthMultiplier: 2 }),
        tf.layers.prelu(),
        tf.layers.globalAveragePooling2d({}),
        dense('d', 2),
      ),
    [
      ['a', 'b'],
      ['b', 'c'],
      ['c/depthwise_kernel', 'c/pointwise_kernel'],
      ['c', 'd'],
    ],
  ],
  'one dimension, and transposed': [
    () =>
      chain(
        tf.layers.conv1d({ name: 'a', filters: 6, kernelSize: 2, inputShape: [8, 3] }),
        tf.layers.reshape({ targetShape: [7, 1, 6] }),
        tf.layers.conv2dTranspose({ name: 'b', filters: 3, kernelSize: 2, strides: 2, padding: 'same' }),
        tf.layers.reLU(),
        tf.layers.zeroPadding2d({ padding: 1 }),
        tf.layers.conv2d({ name: 'c', filters: 2, kernelSize: 2 }),
      ),
    [
      ['a', 'b'],
      ['b', 'c'],
    ],
  ],
  'three dimensions': [
    () =>
      chain(
        tf.layers.conv3d({
          name: 'a',
          filters: 3,
          kernelSize: 2,
          inputShape: [4, 4, 4, 2],
          activation: 'relu',
        }),
        tf.layers.conv3d({ name: 'b', filters: 2, kernelSize: 2 }),
      ),
    [['a', 'b']],
  ],
};

/** The layers of a pair. */
export const fromTo = ({ from, to }: { readonly from: string; readonly to: readonly string[] }) => [
  from,
  ...to,
];
