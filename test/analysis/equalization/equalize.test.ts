import * as tf from '@tensorflow/tfjs';
import { equalize, pairScale } from '../../../lib/analysis/equalization/equalize';
import { sqnr } from '../../../lib/analysis/sqnr';
import { prepare } from '../../../lib/compress/prepare';
import { weightOnly } from '../../../lib/compress/scheme';
import { attach } from '../../../lib/core/attach';
import { seededRandom } from '../../../lib/core/random';
import { bert } from '../../../lib/models/bert';
import { masksOf, setMasks } from '../../../lib/pruning/model-masks';
import { perTensor } from '../../../lib/quantization/granularity';
import { int8 } from '../../../lib/quantization/spec';
import { weightQuantizer } from '../../../lib/quantization/transforms/weight-quantizer';
import reference from '../../reference/equalization.json';
import { expectNoLeak } from '../../leaks';
import { scopeEachTest } from '../../scope';
import { answers, apply, chain, convolutional, dense, expectSame, fromTo, input } from './models';
import { preNorm, randomized, relu, weight } from './models';

scopeEachTest();

const perceptron = () => randomized(chain(relu('a', 6, 4), dense('b', 5, 'relu'), dense('c', 3)));
test('the scale of a pair is that of the reference', () => {
  const { r1, r2, s, equalizedRange } = reference.pair;
  expect(r1.map((range, i) => pairScale(range, r2[i]!))).toEqual(s);
  const model = chain(relu('a', 3, 1), dense('b', 1));
  model.setWeights([tf.tensor2d([r1]), tf.zeros([3]), tf.tensor2d(r2, [3, 1]), tf.zeros([1])]);
  const { pairs } = equalize(model);
  expect(Array.from(pairs[0]!.scales)).toEqual(s);
  expect(weight(model, 'a')).toEqual(equalizedRange);
  expect(weight(model, 'b')).toEqual(equalizedRange);
});

describe('leaves the answers as they were', () => {
  test.each(Object.entries(convolutional))('%s', (_, [make, expected]) => {
    const model = randomized(make());
    const before = answers(model);
    const { pairs } = equalize(model);
    expect(pairs.map(fromTo)).toEqual(expected);
    expect(pairs.every(({ scales }) => scales.some((scale) => Math.abs(scale - 1) > 0.01))).toBe(true);
    expectSame(answers(model), before);
  });

  test('a block that normalizes first: norms, values, queries and keys, and ReLU', () => {
    const model = preNorm();
    const before = answers(model);
    const { pairs, skipped } = equalize(model);
    expect(pairs.map(fromTo)).toEqual([
      ['norm1', 'query', 'key', 'value'],
      ['query', 'key'],
      ['value', 'output'],
      ['norm2', 'up'],
      ['up', 'down'],
    ]);
    expect(skipped).toEqual([
      { path: 'output', why: '"add1" adds it to something else' },
      { path: 'down', why: '"add2" adds it to something else' },
    ]);
    expectSame(answers(model), before);
  });

  test('a BERT, whose norms are added to the next block', () => {
    const model = bert({ vocabSize: 9, layers: 1, hiddenSize: 4, heads: 2, maxPositions: 5, labels: 2 });
    randomized(model);
    const run = () =>
      tf.tidy(() => {
        const ids = [
          [1, 2, 3, 4],
          [5, 6, 7, 0],
        ];
        const mask = [
          [1, 1, 1, 1],
          [1, 1, 1, 0],
        ];
        const xs = [ids, mask, tf.zeros([2, 4], 'int32')].map((x) => tf.cast(x as tf.TensorLike, 'int32'));
        return (model.predict(xs) as tf.Tensor).dataSync() as Float32Array;
      });
    const before = run();
    const { pairs, skipped } = equalize(model);
    expect(pairs.map(fromTo)).toEqual([
      ['encoder/0/attention/query', 'encoder/0/attention/key'],
      ['encoder/0/attention/value', 'encoder/0/attention/output'],
      ['encoder/0/ffn/norm', 'pooler'],
    ]);
    expect(skipped.map(({ path, why }) => `${path}: ${why}`)).toEqual([
      'embeddings/norm: "encoder/0/attention/add" adds it to something else',
      'encoder/0/attention/output: "encoder/0/attention/add" adds it to something else',
      'encoder/0/attention/norm: "encoder/0/ffn/add" adds it to something else',
      'encoder/0/ffn/up: gelu, which "encoder/0/ffn/gelu" applies to it, is not scale-equivariant',
      'encoder/0/ffn/down: "encoder/0/ffn/add" adds it to something else',
      'pooler: tanh, which "pooler/activation" applies to it, is not scale-equivariant',
      'classifier: the model returns what it makes',
    ]);
    expectSame(run(), before);
  });

  test('a layer in several places, all of whose readers are scaled', () => {
    const both = dense('both', 4, 'relu');
    const [a, b] = [input(3), input(3)];
    const ends = [apply(dense('x', 2), apply(both, a)), apply(dense('y', 2), apply(both, b))];
    const model = randomized(tf.model({ inputs: [a, b], outputs: apply(tf.layers.add(), ...ends) }));
    const before = answers(model);
    expect(equalize(model).pairs.map(fromTo)).toEqual([['both', 'x', 'y']]);
    expectSame(answers(model), before);
  });

  test('nested models', () => {
    const nested = tf.sequential({ layers: [relu('inner', 5, 4), dense('end', 4)], name: 'nested' });
    const model = randomized(chain(relu('a', 4, 3), nested, dense('b', 2)));
    const before = answers(model);
    expect(equalize(model).pairs.map(fromTo)).toEqual([
      ['a', 'inner'],
      ['inner', 'end'],
      ['end', 'b'],
    ]);
    expectSame(answers(model), before);
  });
});

test('a chain converges: every pair has equal ranges', () => {
  const model = perceptron();
  equalize(model, { tolerance: 1e-6 });
  const range = (layer: string, axis: number) =>
    Array.from(tf.max(tf.abs(model.getLayer(layer).weights[0]!.read()), axis).dataSync());
  for (const [first, second] of [
    ['a', 'b'],
    ['b', 'c'],
  ] as const) {
    const [made, read] = [range(first, 0), range(second, 1)];
    made.forEach((value, i) => expect(value / read[i]!).toBeCloseTo(1, 5));
  }
  const { pairs } = equalize(model);
  pairs.forEach(({ scales }) => scales.forEach((scale) => expect(scale).toBeCloseTo(1, 4)));
});

test('gives badly spread channels at least 20 dB back at 8 bits per tensor', () => {
  const model = randomized(chain(relu('a', 32, 16), dense('b', 32, 'relu'), dense('c', 8)));
  const random = seededRandom(5, 'spread');
  const spread = (from: string, to: string) => {
    const factors = tf.tensor1d(Array.from({ length: 32 }, () => 10 ** (4 * random() - 2)));
    const [kernel, bias] = model.getLayer(from).weights;
    const [next] = model.getLayer(to).weights;
    kernel!.write(kernel!.read().mul(factors));
    bias!.write(bias!.read().mul(factors));
    next!.write(next!.read().div(factors.expandDims(1)));
  };
  spread('a', 'b');
  spread('b', 'c');
  const float = answers(model, 64);
  const quantized = () => {
    const prepared = prepare(model, weightOnly(int8(perTensor())));
    const answered = answers(model, 64);
    prepared.detach();
    return sqnr(float, answered);
  };
  const before = quantized();
  equalize(model);
  const after = quantized();
  expect(before).toBeLessThan(10);
  expect(after - before).toBeGreaterThan(20);
});

describe('leaves alone', () => {
  test('channels that are 0 on either side', () => {
    const model = chain(relu('a', 3, 1), dense('b', 1));
    model.setWeights([
      tf.tensor2d([[0, 4, 4]]),
      tf.tensor1d([7, 8, 8]),
      tf.tensor2d([[5], [0], [1]]),
      tf.zeros([1]),
    ]);
    const { pairs } = equalize(model);
    expect(Array.from(pairs[0]!.scales)).toEqual([1, 1, 2]);
    expect([weight(model, 'a'), weight(model, 'a', 1), weight(model, 'b')]).toEqual([
      [0, 4, 2],
      [7, 8, 4],
      [5, 0, 2],
    ]);
  });

  test('masks, and what they prune', () => {
    const model = perceptron();
    const mask = Uint8Array.from({ length: 30 }, (_, i) => Number(i % 3 !== 0));
    setMasks(model, new Map([['b/kernel', mask]]));
    const before = answers(model);
    equalize(model);
    expect(masksOf(model).get('b/kernel')).toEqual(mask);
    expect(weight(model, 'b').every((value, i) => Object.is(value, 0) === (mask[i] === 0))).toBe(true);
    expectSame(answers(model), before);
  });
});

describe('refuses', () => {
  test('NaN, and changes nothing', () => {
    const model = perceptron();
    model.getLayer('c').weights[0]!.write(tf.fill([5, 3], NaN));
    const before = weight(model, 'a');
    expect(() => equalize(model)).toThrow('Expected finite weights, got NaN at place 0 of "c/kernel"');
    expect(weight(model, 'a')).toEqual(before);
  });

  test('a bias that would leave float32, and changes nothing', () => {
    const model = chain(relu('a', 1, 1), dense('b', 1));
    model.setWeights([tf.tensor2d([[1e-30]]), tf.tensor1d([1e10]), tf.tensor2d([[1e30]]), tf.zeros([1])]);
    const before = weight(model, 'b');
    expect(() => equalize(model)).toThrow('place 0 of "a/bias" would become 1.0');
    expect(weight(model, 'b')).toEqual(before);
  });

  test('a model in which nothing can be equalized, and says why', () => {
    const model = chain(
      tf.layers.dense({ name: 'a', units: 2, activation: 'tanh', inputShape: [2] }),
      dense('b', 2),
    );
    expect(() => equalize(model)).toThrow(
      `Expected channels that can be equalized in "${model.name}", found none (a: tanh, its activation, is not scale-equivariant; ` +
        'b: the model returns what it makes).',
    );
    const bare = chain(tf.layers.flatten({ inputShape: [2, 2] }));
    expect(() => equalize(bare)).toThrow('found none (it has no layers that make channels)');
  });

  test('something attached', () => {
    const model = perceptron();
    attach(model.getLayer('b'), 'kernel', weightQuantizer({ spec: int8() }));
    expect(() => equalize(model)).toThrow(
      'has something attached to "kernel"; equalize before you prepare it',
    );
  });

  test.each([0, -1, 1.5, NaN])('%d sweeps', (sweeps) =>
    expect(() => equalize(perceptron(), { sweeps })).toThrow(
      `Expected a whole number of sweeps from 1 on to equalize, got ${sweeps}`,
    ),
  );
  test.each([-1, NaN])('a tolerance of %d', (tolerance) =>
    expect(() => equalize(perceptron(), { tolerance })).toThrow(
      `Expected a tolerance of 0 or more to equalize, got ${tolerance}`,
    ),
  );
});

test('leaks nothing', async () => {
  const model = perceptron();
  await expectNoLeak(() => void equalize(model));
});
