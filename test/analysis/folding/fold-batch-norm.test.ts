import * as tf from '@tensorflow/tfjs';
import { foldBatchNorm } from '../../../lib/analysis/folding/fold-batch-norm';
import { attach } from '../../../lib/core/attach';
import { weightsOf } from '../../../lib/core/weights';
import { masksOf, setMasks } from '../../../lib/pruning/model-masks';
import { int8 } from '../../../lib/quantization/spec';
import { weightQuantizer } from '../../../lib/quantization/transforms/weight-quantizer';
import reference from '../../reference/equalization.json';
import { scopeEachTest } from '../../scope';
import {
  answers,
  apply,
  chain,
  dense,
  expectSame,
  input,
  Layer,
  randomized,
  weight,
} from '../equalization/models';

scopeEachTest();

const norm = (name: string, options: object = {}) => tf.layers.batchNormalization({ name, ...options });
const image = { inputShape: [8, 8, 3] };
const conv = (name: string, options: object = {}) =>
  tf.layers.conv2d({ name, filters: 4, kernelSize: 3, ...options });
const relu = () => tf.layers.reLU();

test('the kernel and bias are those of torch', () => {
  const { gamma, beta, mean, variance, epsilon, kernel, bias, foldedKernel, foldedBias } = reference.fold;
  const model = chain(tf.layers.dense({ name: 'a', units: 2, inputShape: [2] }), norm('n', { epsilon }));
  model.setWeights([
    tf.tensor2d(kernel),
    ...[bias, gamma, beta, mean, variance].map((values) => tf.tensor1d(values)),
  ]);
  const { model: plain, statistics } = foldBatchNorm(model);
  weight(plain, 'a').forEach((value, i) => expect(value).toBeCloseTo(foldedKernel.flat()[i]!, 5));
  weight(plain, 'a', 1).forEach((value, i) => expect(value).toBeCloseTo(foldedBias[i]!, 5));
  const { mean: means, deviation } = statistics.get('a')!;
  means.forEach((value, i) => expect(value).toBeCloseTo(beta[i]!, 6));
  deviation.forEach((value, i) => expect(value).toBeCloseTo(Math.abs(gamma[i]!), 6));
});

describe('leaves the answers as they were', () => {
  const cases: Record<string, readonly [() => tf.LayersModel, readonly string[]]> = {
    'dense, with and without a bias': [
      () =>
        chain(
          tf.layers.dense({ name: 'a', units: 5, inputShape: [3], useBias: false }),
          norm('n', { scale: false }),
          relu(),
          dense('b', 4),
          norm('m', { center: false, epsilon: 0.1 }),
        ),
      ['a', 'b'],
    ],
    'convolutions of every kind': [
      () =>
        chain(
          conv('a', { ...image, useBias: false, padding: 'same' }),
          norm('n1'),
          relu(),
          tf.layers.depthwiseConv2d({ name: 'b', kernelSize: 2, depthMultiplier: 2, useBias: false }),
          norm('n2'),
          relu(),
          tf.layers.separableConv2d({ name: 'c', filters: 4, kernelSize: 2 }),
          norm('n3', { axis: 3 }),
          tf.layers.conv2dTranspose({ name: 'd', filters: 3, kernelSize: 2, strides: 2 }),
          norm('n4'),
          tf.layers.reshape({ targetShape: [-1, 3] }),
          tf.layers.conv1d({ name: 'e', filters: 2, kernelSize: 2 }),
          norm('n5'),
        ),
      ['a', 'b', 'c', 'd', 'e'],
    ],
    'a nested model that is applied twice': [
      () => {
        const nested = chain(tf.layers.dense({ name: 'a', units: 3, inputShape: [3] }), norm('n'), relu());
        const [x, y] = [input(3), input(3)];
        const outputs = apply(tf.layers.add(), apply(nested, x), apply(nested, y));
        return tf.model({ inputs: [x, y], outputs });
      },
      ['a'],
    ],
    'a residual network': [
      () => {
        const x = tf.input({ shape: [6, 6, 3] });
        const block = (name: string, y: tf.SymbolicTensor) =>
          apply(norm(`${name}/norm`), apply(conv(name, { filters: 3, padding: 'same', useBias: false }), y));
        const sum = apply(tf.layers.add(), x, block('b', apply(relu(), block('a', x))));
        return tf.model({ inputs: x, outputs: apply(relu(), sum) });
      },
      ['a', 'b'],
    ],
  };
  test.each(Object.entries(cases))('%s', (_, [make, into]) => {
    const model = randomized(make());
    const [before, weights] = [answers(model), model.getWeights().map((each) => Array.from(each.dataSync()))];
    const { model: plain, folded, skipped } = foldBatchNorm(model);
    expect(folded.map((each) => each.into)).toEqual(into);
    expect(skipped).toEqual([]);
    expect(weightsOf(plain).some(({ name }) => name === 'moving_mean')).toBe(false);
    expectSame(answers(plain), before);
    expect(model.getWeights().map((each) => Array.from(each.dataSync()))).toEqual(weights);
    expect(answers(model)).toEqual(before);
  });
});

test('the folded model is made again from its JSON, and is as trainable as the original', async () => {
  const model = randomized(chain(conv('a', { ...image, useBias: false }), norm('n'), conv('b'), norm('m')));
  model.getLayer('b').trainable = false;
  const { model: plain } = foldBatchNorm(model);
  expect(plain.layers.map(({ name, trainable }) => [name, trainable])).toEqual([
    ['a', true],
    ['b', false],
  ]);
  const json = plain.toJSON(null, false) as Parameters<typeof tf.models.modelFromJSON>[0];
  const again = await tf.models.modelFromJSON(json);
  again.setWeights(plain.getWeights());
  expect(answers(again)).toEqual(answers(plain));
});

test('masks come along, and what they prune stays 0, by a negative factor too', () => {
  const model = randomized(chain(tf.layers.dense({ name: 'a', units: 2, inputShape: [3] }), norm('n')));
  model.getLayer('n').weights[0]!.write(tf.tensor1d([-1, 2]));
  const mask = Uint8Array.of(0, 0, 1, 1, 0, 1);
  setMasks(model, new Map([['a/kernel', mask]]));
  const before = answers(model);
  const { model: plain } = foldBatchNorm(model);
  expect(masksOf(plain)).toEqual(new Map([['a/kernel', mask]]));
  expect(weight(plain, 'a').every((value, i) => Object.is(value, 0) === (mask[i] === 0))).toBe(true);
  expectSame(answers(plain), before);
});

describe('tells what stays', () => {
  test.each<[string, () => Layer[], string]>([
    ['first', () => [norm('m', image)], 'which cannot hold it'],
    [
      'after an activation',
      () => [conv('a', { ...image, activation: 'relu' }), norm('m')],
      'it follows relu, the activation of "a"',
    ],
    [
      'after a layer without a product',
      () => [conv('a', image), relu(), norm('m')],
      '(ReLU), which cannot hold it',
    ],
    [
      'over another axis',
      () => [conv('a', image), norm('m', { axis: 1 })],
      'its channels are not the last axis',
    ],
    [
      'in another model',
      () => [conv('a', image), tf.sequential({ layers: [norm('m', { inputShape: [6, 6, 4] })] })],
      '"a", which it follows, is in another model',
    ],
  ])('%s', (_, before, why) => {
    const model = randomized(chain(...before(), conv('last', { kernelSize: 1 }), norm('n')));
    const { skipped, folded } = foldBatchNorm(model);
    expect(folded).toEqual([{ norm: 'n', into: 'last' }]);
    expect(skipped).toEqual([{ path: 'm', why: expect.stringContaining(why) as string }]);
  });

  test('a layer that others read, too, a sum, and a shared norm', () => {
    const x = input(3);
    const [a, b] = [apply(dense('a', 3), x), apply(dense('b', 3), x)];
    const read = apply(norm('m1'), a);
    const sum = apply(tf.layers.add({ name: 'sum' }), a, read);
    const shared = norm('m3');
    const ends = [apply(norm('m2'), sum), apply(shared, b), apply(shared, apply(dense('c', 3), x))];
    const last = apply(norm('n'), apply(dense('d', 2), apply(tf.layers.add(), ...ends)));
    const model = randomized(tf.model({ inputs: x, outputs: last }));
    const before = answers(model);
    const { skipped, model: plain } = foldBatchNorm(model);
    expect(new Map(skipped.map(({ path, why }) => [path, why]))).toEqual(
      new Map([
        ['m1', 'others read what "a" makes, too'],
        ['m2', 'it follows "sum" (Add), which cannot hold it'],
        ['m3', 'it is applied to what several layers make'],
      ]),
    );
    expectSame(answers(plain), before);
  });

  test('a masked bias', () => {
    const model = randomized(chain(conv('a', image), norm('m'), relu(), conv('b'), norm('n')));
    setMasks(model, new Map([['a/bias', Uint8Array.of(0, 1, 1, 1)]]));
    expect(foldBatchNorm(model).skipped).toEqual([{ path: 'm', why: 'the bias of "a" is masked' }]);
  });
});

describe('refuses, and leaves nothing behind', () => {
  const expectRefused = (model: tf.LayersModel, message: string) => {
    const tensors = tf.memory().numTensors;
    expect(() => foldBatchNorm(model)).toThrow(message);
    expect(tf.memory().numTensors).toBe(tensors);
  };

  test('a model without batch norms, and one where none can be folded', () => {
    const plain = chain(tf.layers.dense({ name: 'a', units: 1, inputShape: [1] }));
    expectRefused(plain, 'that can be folded, found none (it has no batch norms).');
    const first = chain(norm('m', { inputShape: [2] }), dense('a', 1));
    expectRefused(
      first,
      'that can be folded, found none (m: it follows "m_input" (InputLayer), which cannot hold it).',
    );
  });

  test('NaN in a kernel, and a negative variance', () => {
    const make = () =>
      randomized(chain(tf.layers.dense({ name: 'a', units: 2, inputShape: [1] }), norm('n')));
    const broken = make();
    broken.getLayer('a').weights[0]!.write(tf.tensor2d([[1, NaN]]));
    expectRefused(broken, 'Expected finite weights, got NaN at place 1 of "a/kernel"');
    const negative = make();
    negative.getLayer('n').weights[3]!.write(tf.tensor1d([1, -1]));
    expectRefused(negative, 'Expected finite numbers in the batch norm "n", and a variance of at least 0');
  });

  test('something attached', () => {
    const model = chain(conv('a', image), norm('n'));
    attach(model.getLayer('a'), 'kernel', weightQuantizer({ spec: int8() }));
    expectRefused(model, 'has something attached to "kernel"; fold before you prepare it');
  });
});
