import * as tf from '@tensorflow/tfjs';
import {
  bert,
  count,
  fromTensors,
  gateGradients,
  gather,
  GatedUnits,
  GradientOptions,
  hostTensor,
  type LabelledBatch,
  meanMagnitude,
  softmaxCrossEntropy,
} from '../../index';
import { attach } from '../../lib/core/attach';
import { forward } from '../../lib/forward/forward';
import { weightsOf } from '../../lib/core/weights';
import { Statistic } from '../../lib/analysis/statistics';
import { expectNoLeak } from '../leaks';
import { scopeEachTest } from '../scope';

scopeEachTest();

const [EXAMPLES, TIME] = [32, 5];
const sizes = {
  layers: 2,
  hiddenSize: 8,
  heads: 4,
  intermediateSize: 12,
  maxPositions: TIME,
  vocabSize: 20,
  labels: 3,
};
const model = () => bert({ ...sizes, seed: 1, initializerRange: 0.5 });
const integers = (count: number, below: number, step: number) =>
  Int32Array.from({ length: count }, (_, i) => (i * step + (i >> 3)) % below);
const mask = integers(EXAMPLES * TIME, 1, 1).map((_, i) => Number(i % TIME < 3 + (i % 3)));
const inputs = () =>
  [integers(EXAMPLES * TIME, 20, 7), mask, new Int32Array(EXAMPLES * TIME)].map((values) =>
    tf.tensor2d(values, [EXAMPLES, TIME], 'int32'),
  );
const source = (batchSize: number) =>
  fromTensors(inputs(), tf.tensor1d(integers(EXAMPLES, 3, 2), 'int32'), { batchSize, shuffle: false });
const options = (batchSize: number): GradientOptions => ({
  data: source(batchSize).epoch(0),
  loss: softmaxCrossEntropy,
});
const heads = (of: tf.LayersModel): GatedUnits[] =>
  [0, 1].map((i) => ({ layer: of.getLayer(`encoder/${i}/attention/core`), of: 'output', units: 4 }));

describe('gateGradients', () => {
  test('E |dL/dξ| of heads does not depend on the batch size: 1, 7 and 32', async () => {
    const subject = model();
    const means = [];
    for (const size of [1, 7, 32]) {
      means.push((await gateGradients(subject, heads(subject), options(size))).map(meanMagnitude));
    }
    const [ones, sevens, all] = means;
    for (const [layer, scores] of all!.entries()) {
      scores.forEach((score, head) => {
        expect(score).toBeGreaterThan(0);
        expect(ones![layer]![head]! / score).toBeCloseTo(1, 4);
        expect(sevens![layer]![head]! / score).toBeCloseTo(1, 4);
      });
    }
  });

  test('is what finite differences of an example’s loss give', async () => {
    const subject = model();
    const [, found] = await gateGradients(subject, heads(subject), options(7));
    const { layer } = heads(subject)[1]!;
    const example = 5;
    const xs = inputs().map((x) => x.slice([example], [1]));
    const ys = tf.tensor1d(integers(EXAMPLES, 3, 2), 'int32').slice(example, 1);
    const lossAt = (head: number, factor: number) =>
      tf.tidy(() => {
        const factors = tf.tensor1d(
          [0, 1, 2, 3].flatMap((each) => Array(2).fill(each === head ? factor : 1)),
        );
        const gate = {
          revision: '',
          apply: (x: tf.Tensor) => x.mul(factors),
          state: () => ({}),
          dispose() {},
        };
        const attachment = attach(layer, 'output', gate);
        const [value] = softmaxCrossEntropy(forward(subject, xs, false), ys).dataSync();
        attachment.detach();
        return value!;
      });
    for (const head of [0, 1, 2, 3]) {
      const slope = (lossAt(head, 1.05) - lossAt(head, 0.95)) / 0.1;
      expect(found!.data[example * 4 + head]).toBeCloseTo(slope, 3);
    }
  });

  test('a head whose output is not read has none', async () => {
    const subject = model();
    const { variable } = weightsOf(subject).find(({ path }) => path === 'encoder/0/attention/output/kernel')!;
    variable.assign(tf.concat([tf.zeros([2, 8]), variable.slice([2, 0])]));
    const [found] = await gateGradients(subject, heads(subject), options(32));
    const scores = meanMagnitude(found!);
    expect(scores[0]).toBe(0);
    expect(Math.min(...scores.slice(1))).toBeGreaterThan(0);
  });

  test('leaves the model and memory as they were', async () => {
    const subject = model();
    const batches: LabelledBatch[] = [];
    for await (const batch of source(32).epoch(0)) batches.push(batch);
    const given = { ...options(32), data: batches };
    await expectNoLeak(async () => void (await gateGradients(subject, heads(subject), given)));
    expect(Object.keys(subject.getLayer('encoder/0/attention/core'))).not.toContain('call');
  });

  test('refuses units that do not share out a width, and no data', async () => {
    const subject = model();
    const wrong = { ...heads(subject)[0]!, units: 3 };
    await expect(gateGradients(subject, [wrong], options(32))).rejects.toThrow(
      '3 units share out equally, got 8',
    );
    await expect(gateGradients(subject, [], { ...options(1), data: [] })).resolves.toEqual([]);
    await expect(gateGradients(subject, heads(subject), { ...options(1), data: [] })).rejects.toThrow(
      'got none',
    );
  });
});

describe('values within a layer', () => {
  const entropy: Statistic = {
    of: (x, counts) => x.mul(x.add(1e-12).log()).neg().sum(1, true).mul(counts).sum(0),
    join: 'sum',
  };

  test('attention probabilities sum to 1, and their entropy is that of the formula', async () => {
    const subject = model();
    const layer = subject.getLayer('encoder/0/attention/core');
    const xs = inputs().map((x) => hostTensor(x.dataSync() as Int32Array, [EXAMPLES, TIME]));
    const total: Statistic = { of: (x, counts) => x.mul(counts).sum(), join: 'sum' };
    const [sum, rows, entropies] = await gather(
      subject,
      [xs],
      [
        { layer, of: 'probabilities', statistic: total },
        { layer, of: 'probabilities', statistic: count },
        { layer, of: 'probabilities', statistic: entropy },
      ],
    );
    expect(rows.data[0]).toBe(EXAMPLES * 4 * TIME);
    expect(sum.data[0]! / rows.data[0]!).toBeCloseTo(1, 5);
    const mean = entropies.data[0]! / rows.data[0]!;
    expect(mean).toBeGreaterThan(0);
    expect(mean).toBeLessThan(Math.log(TIME));
  });

  test('may be changed: without any attention but to the first token every token has its value', () => {
    const subject = model();
    const layer = subject.getLayer('encoder/1/attention/core');
    const first = {
      revision: 'first',
      apply: (x: tf.Tensor) => tf.oneHot(tf.zeros(x.shape.slice(0, 3), 'int32'), x.shape[3]!).toFloat(),
      state: () => ({}),
      dispose() {},
    };
    const attachment = attach(layer, 'probabilities', first);
    const x = tf.randomNormal<tf.Rank.R3>([1, 3, 8]);
    const out = layer.apply([x, x, x, tf.zeros([1, 1, 1, 3])]) as tf.Tensor;
    attachment.detach();
    const value = x.slice([0, 0, 0], [1, 1, 8]).tile([1, 3, 1]);
    expect([...out.dataSync()]).toEqual([...value.dataSync()]);
    expect(() => attach(layer, 'probability', first)).toThrow('values within it are probabilities');
  });

  test('a watcher changes neither values nor gradients', () => {
    const subject = model();
    const layer = subject.getLayer('encoder/0/attention/core');
    const watcher = { revision: '', apply: (x: tf.Tensor) => x, state: () => ({}), dispose() {} };
    const gradients = () =>
      tf.tidy(() => {
        const { grads } = tf.variableGrads(
          () => forward(subject, inputs(), false).square().sum() as tf.Scalar,
        );
        return Object.values(grads).map((each) => each.dataSync());
      });
    const before = gradients();
    const attachment = attach(layer, 'probabilities', watcher);
    const after = gradients();
    attachment.detach();
    after.forEach((values, i) =>
      values.forEach((value, j) => expect(Math.abs(value - before[i]![j]!)).toBeLessThan(1e-4)),
    );
  });
});
