import * as tf from '@tensorflow/tfjs';
import { absorbBiases } from '../../../lib/analysis/equalization/absorb-biases';
import { fingerprintOf, outputStatistics } from '../../../lib/analysis/equalization/channel-statistics';
import { equalize } from '../../../lib/analysis/equalization/equalize';
import { affinesOf } from '../../../lib/analysis/equalization/products';
import { foldBatchNorm } from '../../../lib/analysis/folding/fold-batch-norm';
import { setMasks } from '../../../lib/pruning/model-masks';
import { scopeEachTest } from '../../scope';
import { answers, chain, dense, expectSame, Layer, preNorm, randomized, weight } from './models';

scopeEachTest();

const EAGER = { eager: true };
const normals = (shape: number[]) => tf.randomNormal(shape, 0, 1, 'float32', 1);

/** Folded: batch norms of mean 4 and a deviation of 1, but for one channel whose deviation is 2. */
function folded(next: () => Layer[] = () => [tf.layers.conv2d({ name: 'b', filters: 2, kernelSize: 2 })]) {
  const model = chain(
    tf.layers.conv2d({ name: 'a', filters: 3, kernelSize: 2, inputShape: [5, 5, 2] }),
    tf.layers.batchNormalization({ name: 'norm' }),
    tf.layers.reLU({ name: 'relu' }),
    ...next(),
  );
  randomized(model);
  const [gamma, beta] = model.getLayer('norm').weights;
  gamma!.write(tf.tensor1d([1, -1, 2]));
  beta!.write(tf.tensor1d([4, 4, 4]));
  return foldBatchNorm(model);
}

/** Of the weights that a layer has now. */
const fingerprint = (model: tf.LayersModel) => fingerprintOf(affinesOf(model)(model.getLayer('a')));

/** With inputs near 0 every value of the first layer stays above what is absorbed. */
const nearZero = (model: tf.LayersModel) =>
  tf.tidy(() => (model.predict(normals([2, 5, 5, 2]).mul(0.1)) as tf.Tensor).dataSync() as Float32Array);

test('moves max(0, β − 3|γ|), and what a kernel makes of it', () => {
  const { model, statistics } = folded();
  const [bias, kernel, next] = [weight(model, 'a', 1), weight(model, 'b'), weight(model, 'b', 1)];
  const { absorbed, skipped } = absorbBiases(model, statistics);
  expect(absorbed).toEqual([{ from: 'a', to: ['b'], amounts: Float64Array.of(1, 1, 0) }]);
  expect(skipped).toEqual([{ path: 'b', why: 'the model returns what it makes' }]);
  weight(model, 'a', 1).forEach((value, i) => expect(value).toBeCloseTo(bias[i]! - [1, 1, 0][i]!, 6));
  const sums = [0, 0];
  kernel.forEach((value, i) => (sums[i % 2]! += Math.floor(i / 2) % 3 < 2 ? value : 0)); // [2, 2, 3, 2]
  weight(model, 'b', 1).forEach((value, i) => expect(value).toBeCloseTo(next[i]! + sums[i]!, 5));
});

describe('leaves the answers as they were, where values stay above', () => {
  const readers: Record<string, () => Layer[]> = {
    'a convolution': () => [tf.layers.conv2d({ name: 'b', filters: 2, kernelSize: 2 })],
    'depthwise, of padding same but 1 × 1': () => [
      tf.layers.depthwiseConv2d({ name: 'b', kernelSize: 1, depthMultiplier: 2, padding: 'same' }),
    ],
    'separable, through pooling': () => [
      tf.layers.averagePooling2d({ poolSize: 2, strides: 1, padding: 'same' }),
      tf.layers.separableConv2d({ name: 'b', filters: 2, kernelSize: 2 }),
    ],
    'dense, through a flattening': () => [
      tf.layers.maxPooling2d({ poolSize: 2 }),
      tf.layers.flatten(),
      dense('b', 2),
    ],
  };
  test.each(Object.entries(readers))('%s', (_, next) => {
    const { model, statistics } = folded(next);
    const bias = model.getLayer('a').weights[1]!;
    bias.write(bias.read().add(10)); // far from ReLU's corner
    const fresh = new Map([['a', { ...statistics.get('a')!, fingerprint: fingerprint(model) }]]);
    const before = nearZero(model);
    expect(absorbBiases(model, fresh).absorbed).toHaveLength(1);
    expectSame(nearZero(model), before);
  });

  test('values through attention, of statistics of data', async () => {
    const model = preNorm();
    model.getLayer('value').weights[1]!.write(tf.tensor1d([9, 9, 9, -9]));
    const before = answers(model);
    const statistics = await outputStatistics(model, [[normals([4, 5, 4]), tf.ones([4, 5])]], EAGER);
    const { absorbed } = absorbBiases(model, statistics);
    expect(absorbed.map(({ from, to }) => [from, ...to])).toContainEqual(['value', 'output']);
    expectSame(answers(model), before);
  });
});

test('statistics of data are mean and standard deviation of the rows that count', async () => {
  const model = chain(tf.layers.dense({ name: 'a', units: 2, inputShape: [3, 2] }), dense('b', 1));
  model.getLayer('a').setWeights([tf.eye(2), tf.tensor1d([10, 0])]);
  const x = tf.tensor3d([
    [
      [1, 0],
      [3, 4],
      [99, 99],
    ],
  ]);
  const rows = (_: readonly tf.Tensor[], seen: tf.Tensor) =>
    tf.tensor2d([[1, 1, 0]]).reshape(seen.shape.slice(0, -1));
  const statistics = await outputStatistics(model, [[x], [x]], { rows, ...EAGER });
  expect([...statistics.keys()]).toEqual(['a']);
  expect(statistics.get('a')).toMatchObject({
    mean: Float64Array.of(12, 2),
    deviation: Float64Array.of(1, 2),
  });
});

test('before or after equalizing is the same', () => {
  const [one, other] = [folded(), folded()];
  absorbBiases(one.model, one.statistics);
  const { pairs } = equalize(one.model);
  const after = equalize(other.model);
  expect(after.pairs).toEqual(pairs);
  expect(() => absorbBiases(other.model, other.statistics)).toThrow(
    'Expected statistics of "a" as it is now, but its weights have changed since; absorb biases before you equalize',
  );
  const { mean, deviation } = other.statistics.get('a')!;
  const { scales } = pairs[0]!;
  const scaled = {
    mean: mean.map((value, i) => value / scales[i]!),
    deviation: deviation.map((value, i) => value / scales[i]!),
    fingerprint: fingerprint(other.model),
  };
  absorbBiases(other.model, new Map([['a', scaled]]));
  for (const layer of ['a', 'b']) {
    expectSame(
      Float32Array.from(weight(one.model, layer, 1)),
      Float32Array.from(weight(other.model, layer, 1)),
    );
  }
});

describe('tells what keeps its bias', () => {
  const reasonFor = (next: () => Layer[], masks: Record<string, Uint8Array> = {}) => {
    const { model, statistics } = folded(next);
    setMasks(model, new Map(Object.entries(masks)));
    const before = model.getWeights().map((each) => Array.from(each.dataSync()));
    const { absorbed, skipped } = absorbBiases(model, statistics);
    expect(absorbed).toEqual([]);
    expect(model.getWeights().map((each) => Array.from(each.dataSync()))).toEqual(before);
    return skipped.find(({ path }) => path === 'a')!.why;
  };
  const conv = (options: object) => tf.layers.conv2d({ name: 'b', filters: 2, kernelSize: 2, ...options });

  test.each<[string, () => Layer[], string]>([
    [
      'padding',
      () => [conv({ padding: 'same' })],
      '"b" pads it with zeros, where a constant would be missing',
    ],
    [
      'zeros around',
      () => [tf.layers.zeroPadding2d({ name: 'zeros', padding: 1 }), conv({})],
      '"zeros" pads it with zeros, where a constant would be missing',
    ],
    ['no bias', () => [conv({ useBias: false })], '"b" has no bias'],
  ])('%s', (_, next, why) => expect(reasonFor(next)).toBe(why));

  test('a masked bias', () => {
    expect(reasonFor(() => [conv({})], { 'b/bias': Uint8Array.of(0, 1) })).toBe('the bias of "b" is masked');
  });

  test('low means, and no statistics', () => {
    const { model, statistics } = folded();
    expect(absorbBiases(model, new Map()).skipped[1]).toEqual({
      path: 'a',
      why: 'there are no statistics of it',
    });
    expect(absorbBiases(model, statistics, { deviations: 4 }).skipped[1]).toEqual({
      path: 'a',
      why: 'no channel stays 4 standard deviations above 0',
    });
  });
});

describe('refuses', () => {
  test.each([-1, NaN])('%d deviations', (deviations) => {
    const { model, statistics } = folded();
    expect(() => absorbBiases(model, statistics, { deviations })).toThrow(
      `Expected 0 or more standard deviations to absorb biases by, got ${deviations}.`,
    );
  });

  test('twice the same statistics', () => {
    const { model, statistics } = folded();
    absorbBiases(model, statistics);
    expect(() => absorbBiases(model, statistics)).toThrow('its weights have changed since');
  });

  test('statistics that are NaN, or of another width', () => {
    const { model, statistics } = folded();
    const given = statistics.get('a')!;
    const broken = { ...given, mean: Float64Array.of(NaN, 1, 1) };
    expect(() => absorbBiases(model, new Map([['a', broken]]))).toThrow(
      'Expected statistics of "a" that are numbers',
    );
    const wide = { ...given, mean: new Float64Array(4) };
    expect(() => absorbBiases(model, new Map([['a', wide]]))).toThrow(
      'Expected statistics of 3 channels of "a", got 4',
    );
  });

  test('a model without layers that could absorb', () => {
    const model = chain(tf.layers.dense({ name: 'a', units: 1, inputShape: [1] }));
    expect(() => absorbBiases(model, new Map())).toThrow('Expected biases that can be absorbed');
  });
});
