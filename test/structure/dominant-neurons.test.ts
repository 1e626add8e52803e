import * as tf from '@tensorflow/tfjs';
import { attach } from '../../lib/core/attach';
import { hostOf } from '../../lib/core/host-tensor';
import { assign } from '../../lib/core/assign';
import { weightsOf } from '../../lib/core/weights';
import { forward } from '../../lib/forward/forward';
import { bert } from '../../lib/models/bert';
import { dominantNeurons } from '../../lib/structure/dominant-neurons';
import { contrastsOf, logitFisher } from '../../lib/structure/logit-fisher';
import { measuredNeurons } from '../../lib/structure/measured-neurons';
import { expectNoLeak } from '../leaks';
import { tiny } from '../models/family-cases';
import { batch, shake } from '../models/reference';
import { scopeEachTest } from '../scope';

scopeEachTest();

const config = { ...tiny('bert'), heads: [2, 0], headSize: 4, intermediateSize: [12, 3] };

/** A model of whose first layer neuron 7 writes so many times its row. */
function withNeuron(times: number): tf.LayersModel {
  const model = bert(config);
  shake(model);
  const { variable } = weightsOf(model).find(({ path }) => path === 'encoder/0/ffn/down/kernel')!;
  const width = variable.shape[1]!;
  const values = variable
    .dataSync()
    .map((value, i) => (Math.floor(i / width) === 7 ? times * value : value)) as Float32Array;
  assign(variable, values);
  return model;
}

/** The logits with neuron 7 times a factor. */
function logitsOf(model: tf.LayersModel, xs: tf.Tensor[], factor: number): tf.Tensor {
  const gate = tf.tensor1d(Array.from({ length: 12 }, (_, i) => (i === 7 ? factor : 1)));
  const attachment = attach(model.getLayer('encoder/0/ffn/gelu'), 'output', {
    ...{ revision: '', state: () => ({}), dispose: () => undefined },
    apply: (x) => x.mul(gate),
  });
  const z = forward(model, xs, false);
  attachment.detach();
  return z;
}

/** By the formula, in loops: of the tokens that are read those shares of which the neuron is the largest. */
function byHand(model: tf.LayersModel, xs: tf.Tensor[], layer: number): number[] {
  const seen: tf.Tensor[] = [];
  const watch = (name: string) =>
    attach(model.getLayer(`encoder/${layer}/ffn/${name}`), 'output', {
      ...{ revision: '', state: () => ({}), dispose: () => undefined },
      apply: (x) => (seen.push(tf.keep(x.clone())), x),
    });
  const attachments = ['gelu', 'add'].map(watch);
  forward(model, xs, false);
  attachments.forEach((attachment) => attachment.detach());
  const [activations, sums] = seen.map((x) => x.reshape([-1, x.shape.at(-1)!]).arraySync() as number[][]);
  const kernel = weightsOf(model).find(({ path }) => path === `encoder/${layer}/ffn/down/kernel`)!;
  const rows = kernel.variable.arraySync() as number[][];
  const mask = xs[1]!.slice([0, 0], [-1, seen[0]!.shape[1]!]).dataSync();
  tf.dispose(seen);
  const length = (v: number[]) => Math.sqrt(v.reduce((sum, x) => sum + x * x, 0));
  return rows.flatMap((row, unit) => {
    const shares = sums!.map((sum, t) => {
      const mean = sum.reduce((total, x) => total + x, 0) / sum.length;
      return (Math.abs(activations![t]![unit]!) * length(row)) / length(sum.map((x) => x - mean));
    });
    return shares.some((share, t) => mask[t] === 1 && share > 0.5) ? [unit] : [];
  });
}

describe('dominantNeurons', () => {
  it.each([1, 3, 10, 1000])(
    'are those that write more than half of a token that is read: %d',
    async (times) => {
      const model = withNeuron(times);
      const xs = batch();
      const expected = [0, 1].flatMap((layer) => byHand(model, xs, layer).map((unit) => ({ layer, unit })));
      expect(await dominantNeurons(model, [xs.map(hostOf)])).toEqual(expected);
      if (times === 1000) expect(expected).toContainEqual({ layer: 0, unit: 7 });
    },
  );

  it('has none of a model without neurons, without data, and of padding', async () => {
    expect(
      await dominantNeurons(bert({ ...config, intermediateSize: [0, 0] }), [batch().map(hostOf)]),
    ).toEqual([]);
    expect(await dominantNeurons(withNeuron(1000), [])).toEqual([]);
    const [ids, mask, types] = batch();
    const none = [ids!, tf.zerosLike(mask!), types!].map(hostOf);
    expect(await dominantNeurons(withNeuron(1000), [none])).toEqual([]);
  });

  it('leaks nothing', async () => {
    const model = withNeuron(1000);
    const xs = batch().map(hostOf);
    await expectNoLeak(async () => void (await dominantNeurons(model, [xs])));
  });
});

describe('measuredNeurons', () => {
  it('tells how far the answers move, of the first 128 examples for all of them', async () => {
    const model = withNeuron(1000);
    const xs = batch();
    const examples = xs[0]!.shape[0]!;
    const many = Array.from({ length: Math.ceil(512 / examples) }, () => xs.map(hostOf));
    const change = logitsOf(model, xs, 0).sub(logitsOf(model, xs, 1));
    const moved = change.sub(change.mean(-1, true)).square().sum().dataSync()[0]!;
    const found = (await measuredNeurons(model, many, contrastsOf(3, 'single-label'))).find(
      ({ layer, unit }) => layer === 0 && unit === 7,
    );
    expect(found!.score / (moved * many.length)).toBeCloseTo(1, 4);
    const { neurons } = await logitFisher(model, many);
    expect(neurons[0]![7]).toBe(found!.score);
  });

  it('are what gradients miss: the answers move far, the gate hardly matters', async () => {
    const model = withNeuron(1000);
    const xs = batch();
    const found = await measuredNeurons(model, [xs.map(hostOf)], contrastsOf(3, 'single-label'));
    const { score } = found.find(({ layer, unit }) => layer === 0 && unit === 7)!;
    const slope = logitsOf(model, xs, 1.05)
      .sub(logitsOf(model, xs, 0.95))
      .div(0.1);
    const estimated = slope.sub(slope.mean(-1, true)).square().sum().dataSync()[0]!;
    expect(estimated).toBeLessThan(score / 100);
  });
});
