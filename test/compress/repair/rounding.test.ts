import * as tf from '@tensorflow/tfjs';
import { convert } from '../../../lib/compress/convert';
import { prepare } from '../../../lib/compress/prepare';
import { adaRound } from '../../../lib/compress/repair/ada-round';
import { gptq } from '../../../lib/compress/repair/gptq';
import { staticInt8, weightOnly } from '../../../lib/compress/scheme';
import { forward } from '../../../lib/forward/forward';
import { HostTensor, hostTensor } from '../../../lib/core/host-tensor';
import { revisionOf } from '../../../lib/core/revision';
import { weightsOf } from '../../../lib/core/weights';
import { bert } from '../../../lib/models/bert';
import { mlp } from '../../../lib/models/mlp';
import { setMasks } from '../../../lib/pruning/model-masks';
import { decode } from '../../../lib/quantization/decode';
import { perChannel, perGroup } from '../../../lib/quantization/granularity';
import { int4 } from '../../../lib/quantization/spec';
import { inferenceOf } from '../../../trainers/inference';
import { scopeEachTest } from '../../scope';

scopeEachTest();

const make = (seed = 3) => mlp({ inputSize: 8, hiddenSizes: [16, 12], outputSize: 3, seed });
const xs = () => tf.randomNormal([64, 8], 0, 1, 'float32', 5).mul(tf.range(1, 9));
const scheme = weightOnly(int4(perGroup(0, 4)));
const outputs = (model: tf.LayersModel, x: tf.Tensor) => [...forward(model, [x], false).dataSync()];
const host = (x: tf.Tensor): HostTensor => hostTensor(x.dataSync() as Float32Array, x.shape);
const distance = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0);

const methods = {
  gptq: (...[prepared, data, options]: Parameters<typeof gptq>) => gptq(prepared, data, options),
  adaRound: (...[prepared, data, options]: Parameters<typeof gptq>) =>
    adaRound(prepared, data, { iterations: 150, ...options }),
};

describe.each(Object.entries(methods))('%s', (_, repair) => {
  test('brings the answers nearer to those of floats, the same everywhere', async () => {
    const [model, x] = [make(), xs()];
    const float = outputs(model, x);
    const prepared = prepare(model, scheme);
    const nearest = outputs(model, x);
    const revision = revisionOf(model);
    const { layers, skipped } = await repair(prepared, [[x]]);
    expect(skipped).toEqual([]);
    expect(layers.map(({ path }) => path)).toEqual([...prepared.weights.keys()]);
    layers.forEach(({ errorBefore, errorAfter }) => expect(errorAfter).toBeLessThanOrEqual(errorBefore));
    expect(layers.some(({ errorBefore, errorAfter }) => errorAfter < 0.9 * errorBefore)).toBe(true);
    expect(revisionOf(model)).not.toBe(revision);
    const repaired = outputs(model, x);
    expect(distance(repaired, float)).toBeLessThan(distance(nearest, float));

    const compressed = convert(prepared);
    expect(outputs(compressed.model, x)).toEqual(repaired);
    for (const [path, encoded] of compressed.weights) expect(encoded).toBe(prepared.weights.get(path)!.fixed);
    const file = await inferenceOf(compressed);
    const { data } = await file.predict([host(x)]);
    await file.dispose();
    data.forEach((value, i) => expect(value).toBeCloseTo(repaired[i]!, 5));

    prepared.detach();
    expect(outputs(model, x)).toEqual(float);
  });

  test('twice is once, batches do not matter, and so does their order not', async () => {
    const [model, x] = [make(), xs()];
    const prepared = prepare(model, scheme);
    const once = await repair(prepared, [[x]]);
    const codes = [...prepared.weights.values()].map(({ fixed }) => fixed);
    expect(await repair(prepared, [[x]])).toEqual(once);
    expect([...prepared.weights.values()].map(({ fixed }) => fixed)).toEqual(codes);
    const stream = async function* () {
      yield [x.slice([0, 0], [40, 8])];
      yield [host(x.slice([40, 0], [24, 8]))];
    };
    const streamed = await repair(prepared, stream());
    streamed.layers.forEach(({ errorAfter }, i) =>
      expect(errorAfter).toBeCloseTo(once.layers[i]!.errorAfter, 3),
    );
  });

  test('a failure changes nothing', async () => {
    const [model, x] = [make(), xs()];
    const prepared = prepare(model, scheme);
    await repair(prepared, [[x]]);
    const before = [...prepared.weights.values()].map(({ fixed }) => fixed);
    await expect(repair(prepared, [])).rejects.toThrow('got none');
    await expect(repair(prepared, [[x.mul(NaN)]])).rejects.toThrow('“hidden'.replace('“', '"'));
    expect([...prepared.weights.values()].map(({ fixed }) => fixed)).toEqual(before);
  });

  test('pruned weights stay 0, and those that are pruned later become 0', async () => {
    const [model, x] = [make(), xs()];
    const path = 'hidden/1/kernel';
    const mask = (of: number) => Uint8Array.from({ length: 192 }, (_, i) => Number(i % of !== 0));
    setMasks(model, new Map([[path, mask(3)]]));
    const prepared = prepare(model, scheme);
    await repair(prepared, [[x]]);
    const zeros = (of: number) => {
      const { weights, model: plain } = convert(prepared);
      expect([...decode(weights.get(path)!)].filter((value, i) => i % of === 0 && value !== 0)).toEqual([]);
      expect(outputs(plain, x)).toEqual(outputs(model, x));
    };
    zeros(3);
    setMasks(model, new Map([[path, mask(2)]]));
    zeros(2);
  });

  test('inputs that are all 0 teach nothing, and are told', async () => {
    const model = make();
    const prepared = prepare(model, scheme);
    const { layers, skipped } = await repair(prepared, [[tf.zeros([4, 8])]], { sequential: false });
    expect(skipped[0]).toEqual({ path: 'hidden/0/kernel', why: 'its inputs are all 0 in this data' });
    expect(layers.length + skipped.length).toBe(3);
    expect(prepared.weights.get('hidden/0/kernel')!.fixed).toBeUndefined();
  });
});

test('padding does not count', async () => {
  const model = bert({
    vocabSize: 20,
    layers: 1,
    hiddenSize: 8,
    heads: 2,
    maxPositions: 6,
    labels: 2,
    seed: 1,
    initializerRange: 0.5,
  });
  const batch = (padding: number) => [
    hostTensor(Int32Array.of(2, 5, 7, 3, padding, padding), [1, 6]),
    hostTensor(Int32Array.of(1, 1, 1, 1, 0, 0), [1, 6]),
    hostTensor(new Int32Array(6), [1, 6]),
  ];
  const prepared = prepare(model, weightOnly(int4(perChannel())));
  const run = async (padding: number, rows: boolean) => {
    const { skipped } = await gptq(prepared, [batch(padding)], {
      ...(rows ? { rows: ([, mask], x) => (x.rank === 3 ? mask : undefined) } : {}),
    });
    expect(skipped.map(({ why }) => why)).toEqual([
      'it is a table, whose rows are looked up',
      'it is a table, whose rows are looked up',
      'it is a table, whose rows are looked up',
    ]);
    return prepared.weights.get('encoder/0/attention/query/kernel')!.fixed;
  };
  const [some, others] = [await run(0, true), await run(9, true)];
  expect(some).toEqual(others);
  expect(await run(9, false)).not.toEqual(some);
});

test('what cannot be rounded is told, and nothing to round is an error', async () => {
  const model = tf.sequential();
  model.add(tf.layers.conv1d({ name: 'conv', filters: 2, kernelSize: 2, inputShape: [4, 3] }));
  model.add(tf.layers.simpleRNN({ name: 'memory', units: 3 }));
  model.add(tf.layers.dense({ name: 'head', units: 2 }));
  const prepared = prepare(model, weightOnly(int4(perChannel())));
  const data = [[tf.randomNormal([8, 4, 3], 0, 1, 'float32', 1)]];
  const { layers, skipped } = await gptq(prepared, data);
  expect(layers.map(({ path }) => path)).toEqual(['head/kernel']);
  expect(skipped.map(({ why }) => why)).toEqual([
    'it is a convolution’s',
    'it is a recurrent layer’s',
    'it is a recurrent layer’s',
  ]);
  prepared.setMode('off');
  await expect(gptq(prepared, data)).rejects.toThrow('head/kernel: its quantizer is in mode "off"');
});

test('inputs that are quantized are those that are learned from; they need a range', async () => {
  const prepared = prepare(make(), staticInt8());
  await expect(gptq(prepared, [[xs()]])).rejects.toThrow('has no range yet');
  expect(weightsOf(prepared.model)).toHaveLength(6);
});
