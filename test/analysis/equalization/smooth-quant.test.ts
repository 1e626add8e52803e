import * as tf from '@tensorflow/tfjs';
import { smoothQuant, smoothScale } from '../../../lib/analysis/equalization/smooth-quant';
import { sqnr } from '../../../lib/analysis/sqnr';
import { calibrate } from '../../../lib/compress/calibrate';
import { prepare } from '../../../lib/compress/prepare';
import { Scheme } from '../../../lib/compress/scheme';
import { bert } from '../../../lib/models/bert';
import { perTensor } from '../../../lib/quantization/granularity';
import { minMax } from '../../../lib/quantization/observers/min-max';
import { int8 } from '../../../lib/quantization/spec';
import reference from '../../reference/equalization.json';
import { expectNoLeak } from '../../leaks';
import { scopeEachTest } from '../../scope';
import { answers, chain, convolutional, dense, expectSame, preNorm, randomized, weight } from './models';

scopeEachTest();

const EAGER = { eager: true };
const normals = (shape: number[], seed = 1) => tf.randomNormal(shape, 0, 1, 'float32', seed);

/** Inputs of `preNorm`: what comes in, and which of five tokens count. */
const blockData = () => [[normals([3, 5, 4]), tf.ones([3, 5])]];

test.each(reference.smooth)(
  'the scales are those of numpy, alpha $alpha',
  ({ alpha, input, weight: weights, s }) => {
    input.forEach((range, i) => expect(smoothScale(range, weights[i]!, alpha)).toBeCloseTo(s[i]!, 12));
  },
);

test('measures what the readers see, and divides it', async () => {
  const model = chain(
    tf.layers.dense({ name: 'a', units: 3, useBias: false, activation: 'relu', inputShape: [3] }),
    dense('b', 1),
  );
  model.setWeights([tf.eye(3), tf.tensor2d([[1], [4], [1]]), tf.zeros([1])]);
  const data = [
    [
      tf.tensor2d([
        [4, 0.5, -9],
        [-100, 1, -1],
      ]),
    ],
    [tf.tensor2d([[1, -1, -2]])],
  ];
  const { pairs, skipped } = await smoothQuant(model, data, EAGER);
  // max |X| = 4, 1, 0 and max |W| = 1, 4, 1: sqrt(4 / 1), sqrt(1 / 4), and a channel that is always 0
  expect(pairs).toEqual([{ from: 'a', to: ['b'], scales: Float64Array.of(2, 0.5, 1) }]);
  expect(weight(model, 'a')).toEqual([0.5, 0, 0, 0, 2, 0, 0, 0, 1]);
  expect(weight(model, 'b')).toEqual([2, 2, 1]);
  expect(skipped).toEqual([{ path: 'b', why: 'the model returns what it makes' }]);
});

describe('leaves the answers as they were', () => {
  test.each([
    ['compiled', {}],
    ['eager', EAGER],
  ])('of a block that normalizes first, %s', async (_, options) => {
    const model = preNorm();
    const before = answers(model);
    const { pairs } = await smoothQuant(model, blockData(), options);
    expect(pairs.map(({ from, to }) => [from, ...to])).toEqual([
      ['norm1', 'query', 'key', 'value'],
      ['value', 'output'],
      ['norm2', 'up'],
      ['up', 'down'],
    ]);
    expectSame(answers(model), before);
  });

  test('of convolutions, pooling and a flattening', async () => {
    const [make] = convolutional['convolutions, pooling and a flattening']!;
    const model = randomized(make());
    const before = answers(model);
    await smoothQuant(model, [[normals([2, 12, 12, 3])]], EAGER);
    expectSame(answers(model), before);
  });
});

test('alpha 0 evens out the weights, 1 the activations', async () => {
  const rangesAt = async (alpha: number) => {
    const model = preNorm();
    await smoothQuant(model, blockData(), { alpha, ...EAGER });
    const rows = ['query', 'key', 'value'].map((name) =>
      tf.max(tf.abs(model.getLayer(name).weights[0]!.read()), 1),
    );
    const view = tf.model({
      inputs: model.inputs,
      outputs: model.getLayer('norm1').output as tf.SymbolicTensor,
    });
    const normed = view.predict(blockData()[0]!) as tf.Tensor;
    return {
      weights: Array.from(tf.max(tf.stack(rows), 0).dataSync()),
      inputs: Array.from(tf.max(tf.abs(normed), [0, 1]).dataSync()),
    };
  };
  (await rangesAt(0)).weights.forEach((range) => expect(range).toBeCloseTo(1, 5));
  (await rangesAt(1)).inputs.forEach((range) => expect(range).toBeCloseTo(1, 5));
});

test('padding does not count', async () => {
  const scales = async (x: tf.Tensor) => {
    const data = [[x, tf.tensor2d([[1, 1, 1, 0, 0]])]];
    const rows = ([, mask]: readonly tf.Tensor[], seen: tf.Tensor) => (seen.rank === 3 ? mask : undefined);
    const { pairs } = await smoothQuant(preNorm(), data, { rows, ...EAGER });
    return pairs.find(({ from }) => from === 'norm1')!.scales;
  };
  const [tokens, one, other] = [normals([1, 3, 4], 1), normals([1, 2, 4], 2), normals([1, 2, 4], 3)];
  expect(await scales(tf.concat([tokens, one], 1))).toEqual(await scales(tf.concat([tokens, other], 1)));
});

test('gives outliers of activations at least 10 dB back at 8 bits per tensor', async () => {
  const spread = () => {
    const model = preNorm();
    const outliers = tf.tensor1d([100, 1, 1, 1]);
    for (const name of ['norm1', 'norm2'])
      model.getLayer(name).weights.forEach((each) => each.write(each.read().mul(outliers)));
    for (const name of ['query', 'key', 'value', 'up']) {
      const [kernel] = model.getLayer(name).weights;
      kernel!.write(kernel!.read().div(outliers.expandDims(1)));
    }
    return model;
  };
  const scheme: Scheme = { weight: int8(perTensor()), input: () => minMax() };
  const quality = async (model: tf.LayersModel) => {
    const float = answers(model);
    const prepared = prepare(model, scheme);
    await calibrate(prepared, blockData(), EAGER);
    return sqnr(float, answers(model));
  };
  const smooth = spread();
  await smoothQuant(smooth, blockData(), EAGER);
  expect((await quality(smooth)) - (await quality(spread()))).toBeGreaterThan(10);
});

test('skips the norms of a BERT, which are added to the next block, and smooths values', async () => {
  const model = randomized(
    bert({ vocabSize: 9, layers: 1, hiddenSize: 4, heads: 2, maxPositions: 5, labels: 2 }),
  );
  const batch = [tf.zeros([2, 4], 'int32'), tf.ones([2, 4], 'int32'), tf.zeros([2, 4], 'int32')];
  const { pairs, skipped } = await smoothQuant(model, [batch], EAGER);
  expect(pairs.map(({ from }) => from)).toEqual(['encoder/0/attention/value', 'encoder/0/ffn/norm']);
  expect(skipped).toContainEqual({
    path: 'encoder/0/attention/norm',
    why: '"encoder/0/ffn/add" adds it to something else',
  });
});

describe('refuses', () => {
  test.each([-0.1, 1.1, NaN])('an alpha of %d', async (alpha) => {
    await expect(smoothQuant(preNorm(), blockData(), { alpha })).rejects.toThrow(
      `Expected an alpha in [0, 1] to smooth with, got ${alpha}.`,
    );
  });

  test('no data, NaN in the data, and changes nothing', async () => {
    const model = preNorm();
    const before = weight(model, 'norm1');
    await expect(smoothQuant(model, [], EAGER)).rejects.toThrow('Expected at least one batch');
    const data = [[tf.fill([1, 5, 4], NaN), tf.ones([1, 5])]];
    await expect(smoothQuant(model, data, EAGER)).rejects.toThrow(
      'Expected finite numbers in the input of "query" to smooth',
    );
    expect(weight(model, 'norm1')).toEqual(before);
  });

  test('a model in which nothing can be smoothed', async () => {
    const model = chain(tf.layers.dense({ name: 'a', units: 2, inputShape: [2] }));
    await expect(smoothQuant(model, [[normals([1, 2])]])).rejects.toThrow(
      'found none (a: the model returns what it makes)',
    );
  });
});

test('leaks nothing', async () => {
  const model = preNorm();
  const data = blockData();
  await expectNoLeak(async () => void (await smoothQuant(model, data, EAGER)));
});
