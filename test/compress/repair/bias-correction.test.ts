import * as tf from '@tensorflow/tfjs';
import { calibrate } from '../../../lib/compress/calibrate';
import { convert } from '../../../lib/compress/convert';
import { prepare } from '../../../lib/compress/prepare';
import { correctBiases } from '../../../lib/compress/repair/bias-correction';
import { gptq } from '../../../lib/compress/repair/gptq';
import { Scheme, weightOnly } from '../../../lib/compress/scheme';
import { forward } from '../../../lib/forward/forward';
import { hostTensor } from '../../../lib/core/host-tensor';
import { weightsOf } from '../../../lib/core/weights';
import { mlp } from '../../../lib/models/mlp';
import { perChannel, perTensor } from '../../../lib/quantization/granularity';
import { percentile } from '../../../lib/quantization/observers/percentile';
import { int4 } from '../../../lib/quantization/spec';
import { inferenceOf } from '../../../trainers/inference';
import { scopeEachTest } from '../../scope';

scopeEachTest();

const scheme = weightOnly({ ...int4(perTensor()), bits: 3 });
const make = () => mlp({ inputSize: 8, hiddenSizes: [16, 12], outputSize: 3, seed: 3 });
const xs = () => tf.randomNormal([64, 8], 1, 1, 'float32', 5);
const outputs = (model: tf.LayersModel, x: tf.Tensor) => [...forward(model, [x], false).dataSync()];
const means = (model: tf.LayersModel, x: tf.Tensor) => forward(model, [x], false).mean(0).dataSync();
const biases = (model: tf.LayersModel) =>
  weightsOf(model).flatMap(({ name, variable }) => (name === 'bias' ? [...variable.dataSync()] : []));

test('by hand: what rounding does to the mean of the output is taken off the bias', async () => {
  const model = tf.sequential({
    layers: [tf.layers.dense({ name: 'only', units: 1, inputShape: [2], activation: 'relu' })],
  });
  model.setWeights([tf.tensor2d([[7], [1.25]]), tf.tensor1d([0.5])]);
  const x = tf.tensor2d([
    [1, 4],
    [3, 8],
  ]);
  const prepared = prepare(model, weightOnly(int4(perChannel()))); // 1.25 becomes 1: E[x] (Ŵ - W) = 6 · -0.25
  expect(await correctBiases(prepared, [[x]], { method: 'analytic' })).toEqual({
    layers: [{ path: 'only/bias', shift: 1.5 }],
    skipped: [],
  });
  expect(outputs(model, x)).toEqual([7 + 4 + 2, 21 + 8 + 2]);
  expect(biases(convert(prepared).model)).toEqual([2]);
  expect(biases(model)).toEqual([0.5]);
  prepared.setMode('off');
  expect(outputs(model, x)).toEqual([7 + 5 + 0.5, 21 + 10 + 0.5]);
  expect(biases(convert(prepared).model)).toEqual([0.5]);
});

test('empirical: the mean of the output is that of the float model, everywhere', async () => {
  const [model, x] = [make(), xs()];
  const [float, original] = [means(model, x), biases(model)];
  const answers = outputs(model, x);
  const prepared = prepare(model, scheme);
  const rounded = means(model, x);
  const { layers, skipped } = await correctBiases(prepared, [
    [x.slice([0, 0], [40, 8])],
    [x.slice([40, 0], [24, 8])],
  ]);
  expect(layers.map(({ path }) => path)).toEqual(['hidden/0/bias', 'hidden/1/bias', 'output/bias']);
  expect(skipped).toEqual([]);
  means(model, x).forEach((value, i) => {
    expect(value).toBeCloseTo(float[i]!, 5);
    expect(Math.abs(rounded[i]! - float[i]!)).toBeGreaterThan(1e-3);
  });
  const corrected = outputs(model, x);
  const compressed = convert(prepared);
  expect(outputs(compressed.model, x)).toEqual(corrected);
  const file = await inferenceOf(compressed);
  const { data } = await file.predict([hostTensor(x.dataSync() as Float32Array, [64, 8])]);
  await file.dispose();
  data.forEach((value, i) => expect(value).toBeCloseTo(corrected[i]!, 5));
  prepared.detach();
  expect(outputs(model, x)).toEqual(answers);
  expect(biases(model)).toEqual(original);
});

test('what ranges clip off a few large numbers is not taken off the biases of all', async () => {
  const x = tf.tidy(() => xs().mul(tf.range(0, 64).less(63).toFloat().mul(-99).add(100).reshape([64, 1])));
  const shifts = async (rules: Scheme) => {
    const prepared = prepare(make(), rules);
    if (rules.input) await calibrate(prepared, [[x]]);
    return (await correctBiases(prepared, [[x]])).layers;
  };
  const input = () => percentile({ percent: 95 });
  expect(await shifts({ ...scheme, input })).toEqual(await shifts(scheme));
});

test('twice is once, and a failure changes nothing', async () => {
  const [model, x] = [make(), xs()];
  const prepared = prepare(model, scheme);
  const once = await correctBiases(prepared, [[x]]);
  const corrected = outputs(model, x);
  expect(await correctBiases(prepared, [[x]])).toEqual(once);
  expect(outputs(model, x)).toEqual(corrected);
  await expect(correctBiases(prepared, [])).rejects.toThrow('got none');
  await expect(correctBiases(prepared, [[x.mul(NaN)]])).rejects.toThrow(
    'finite means to correct "hidden/0/bias"',
  );
  expect(outputs(model, x)).toEqual(corrected);
});

test('codes that GPTQ found are what is corrected', async () => {
  const [model, x] = [make(), xs()];
  const float = means(model, x);
  const prepared = prepare(model, scheme);
  await gptq(prepared, [[x]]);
  await correctBiases(prepared, [[x]]);
  means(model, x).forEach((value, i) => expect(value).toBeCloseTo(float[i]!, 5));
});

describe('convolutions', () => {
  const image = () => tf.randomNormal([6, 5, 5, 3], 1, 1, 'float32', 2);
  const convolution = (padding: 'same' | 'valid', kind: 'conv2d' | 'depthwiseConv2d' | 'conv2dTranspose') => {
    const options = { name: 'conv', filters: 4, kernelSize: 3, padding, inputShape: [5, 5, 3] };
    const model = tf.sequential({ layers: [tf.layers[kind](options)] });
    tf.tidy(() =>
      model.setWeights(
        model.getWeights().map(({ shape }, i) => tf.randomNormal(shape, 0, 1, 'float32', i + 1)),
      ),
    );
    return model;
  };
  const channelMeans = (model: tf.LayersModel, x: tf.Tensor) =>
    forward(model, [x], false).mean([0, 1, 2]).dataSync();

  test.each(['conv2d', 'depthwiseConv2d', 'conv2dTranspose'] as const)('empirical, %s', async (kind) => {
    const [model, x] = [convolution('same', kind), image()];
    const float = channelMeans(model, x);
    const prepared = prepare(model, scheme);
    await correctBiases(prepared, [[x]]);
    channelMeans(model, x).forEach((value, i) => expect(value).toBeCloseTo(float[i]!, 4));
  });

  test.each(['conv2d', 'depthwiseConv2d', 'conv2dTranspose'] as const)(
    'analytic is exact for images of one color each channel, %s',
    async (kind) => {
      const [model, x] = [convolution('valid', kind), tf.tensor([1, -2, 0.5]).add(tf.zeros([2, 5, 5, 3]))];
      const middle = (of: tf.LayersModel) =>
        forward(of, [x], false).slice([0, 2, 2, 0], [1, 1, 1, -1]).dataSync();
      const float = middle(model);
      const prepared = prepare(model, scheme);
      await correctBiases(prepared, [[x]], { method: 'analytic' });
      middle(model).forEach((value, i) => expect(value).toBeCloseTo(float[i]!, 4));
    },
  );
});

test('what has no bias, or hides its output, is told', async () => {
  const model = tf.sequential();
  model.add(
    tf.layers.conv1d({ name: 'hides', filters: 4, kernelSize: 1, activation: 'relu', inputShape: [4, 3] }),
  );
  model.add(tf.layers.dense({ name: 'none', units: 3, useBias: false }));
  model.add(tf.layers.lstm({ name: 'memory', units: 2 }));
  model.add(tf.layers.dense({ name: 'head', units: 2 }));
  const prepared = prepare(model, scheme);
  const data = [[tf.randomNormal([5, 4, 3], 0, 1, 'float32', 1)]];
  const { layers, skipped } = await correctBiases(prepared, data);
  expect(layers.map(({ path }) => path)).toEqual(['head/bias']);
  expect(skipped.map(({ path, why }) => `${path}: ${why.split(';')[0]}`)).toEqual([
    'hides/kernel: the activation inside of its layer hides what comes before it',
    'none/kernel: its layer has no bias',
    'memory/kernel: it is a recurrent layer’s',
    'memory/recurrent_kernel: it is a recurrent layer’s',
  ]);
  const analytic = await correctBiases(prepared, data, { method: 'analytic' });
  expect(analytic.layers.map(({ path }) => path)).toEqual(['hides/bias', 'head/bias']);
});

test('nothing is repaired in a model that was detached', async () => {
  const prepared = prepare(make(), scheme);
  prepared.detach();
  await expect(correctBiases(prepared, [[xs()]])).rejects.toThrow('was detached');
  await expect(gptq(prepared, [[xs()]])).rejects.toThrow('was detached');
});
