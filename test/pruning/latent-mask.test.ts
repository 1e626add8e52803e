import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { convert } from '../../lib/compress/convert';
import { prepare } from '../../lib/compress/prepare';
import { report } from '../../lib/compress/report';
import { weightOnly } from '../../lib/compress/scheme';
import { attachmentsOf } from '../../lib/core/attach';
import { UserError } from '../../lib/core/errors';
import { weightsOf } from '../../lib/core/weights';
import { loadMasks, saveMasks } from '../../lib/pruning/mask-file';
import { countFlips, kindIn, maskSet } from '../../lib/pruning/mask';
import {
  clearMasks,
  hardenMasks,
  maskKindOf,
  masksOf,
  setMask,
  setMasks,
} from '../../lib/pruning/model-masks';
import { codesOf } from '../../lib/quantization/decode';
import { inferenceOf } from '../../trainers/inference';
import { HostTensor, hostTensor } from '../../lib/core/host-tensor';
import { bert } from '../../lib/models/bert';
import { maskedLanguageModel } from '../../lib/models/masked-language-model';
import { expectNoLeak } from '../leaks';

const PATH = 'only/kernel';
const latent = (...mask: number[]) => maskSet([[PATH, Uint8Array.from(mask)]], [PATH]);

let model: tf.Sequential;
beforeEach(async () => {
  await tf.setBackend('cpu');
  model = tf.sequential({
    layers: [tf.layers.dense({ name: 'only', units: 1, inputShape: [3], useBias: false })],
  });
  tf.tidy(() => model.setWeights([tf.tensor2d([[5], [3], [-2]])]));
});
afterEach(() => model.dispose());

const variable = () => weightsOf(model)[0]!.variable;
const weights = () => [...variable().dataSync()];
/** What the model makes of (1, 10, 100). */
const answer = () => tf.tidy(() => (model.predict(tf.tensor2d([[1, 10, 100]])) as tf.Tensor).dataSync()[0]);

it('is applied to what the layer computes with, and leaves the weight alone', () => {
  setMasks(model, latent(1, 0, 1));
  expect(answer()).toBe(5 - 200);
  expect(weights()).toEqual([5, 3, -2]);
  setMasks(model, latent(0, 1, 1));
  expect(answer()).toBe(30 - 200);
  expect(attachmentsOf(model)).toHaveLength(1);
});

describe('wherever a weight is computed with', () => {
  const small = { layers: 1, hiddenSize: 16, heads: 2, intermediateSize: 32, maxPositions: 8, vocabSize: 10 };
  const words = () => {
    const model = maskedLanguageModel(bert({ ...small, initializerRange: 0.2, seed: 1 }));
    const ids = Int32Array.of(2, 5, 7, 3);
    const rest = [new Int32Array(4).fill(1), new Int32Array(4)].map((values) => hostTensor(values, [1, 4]));
    return { model, xs: [hostTensor(ids, [1, 4]), ...rest, hostTensor(Int32Array.of(1), [1, 1])] };
  };
  const recurrent = () => {
    const lstm = tf.layers.lstm({
      units: 3,
      inputShape: [4, 2],
      recurrentInitializer: 'ones',
      kernelInitializer: 'ones',
    });
    const model = tf.sequential({ layers: [lstm] });
    return {
      model,
      xs: [
        hostTensor(
          Float32Array.from({ length: 8 }, (_, i) => Math.sin(i)),
          [1, 4, 2],
        ),
      ],
    };
  };

  it.each([
    ['a table and the decoder that is tied to it', words, /embeddings.*(embeddings|table)$/],
    ['a recurrent layer at every step', recurrent, /recurrentKernel$|recurrent_kernel$/],
  ])('it is masked: %s', async (_, make, name) => {
    const { model, xs } = make();
    const target = weightsOf(model).find(({ path }) => name.test(path))!;
    const mask = Uint8Array.from({ length: target.variable.size }, (_value, i) => Number(i % 3 > 0));
    const before = await predict(model, xs);
    setMasks(model, maskSet([[target.path, mask]], [target.path]));
    const masked = await predict(model, xs);
    hardenMasks(model);
    const hard = await predict(model, xs);
    expect(distance(masked, hard)).toBeLessThan(1e-6); // other programs round otherwise
    expect(distance(masked, before)).toBeGreaterThan(1e-3);
    model.dispose();
  });

  const distance = (a: HostTensor['data'], b: HostTensor['data']) =>
    Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));

  async function predict(subject: tf.LayersModel, xs: HostTensor[]) {
    const inference = await inferenceOf(subject);
    const { data } = await inference.predict(xs.slice(0, subject.inputs.length));
    await inference.dispose();
    return data;
  }
});

it('lets the whole gradient through, as if the weight were the masked one', () => {
  setMasks(model, latent(1, 0, 1));
  // (5 · 1 + 0 · 10 − 2 · 2)² = 1: its gradient is 2 · 1 · (1, 10, 2)
  const gradient = tf.tidy(() => {
    const square = () => (model.predict(tf.tensor2d([[1, 10, 2]])) as tf.Tensor).square().sum() as tf.Scalar;
    return [...tf.variableGrads(square, [variable()]).grads[variable().name]!.dataSync()];
  });
  expect(gradient).toEqual([2, 20, 4]);
});

it('is of a kind that sets of masks keep, in files and from model to model', () => {
  setMasks(model, latent(1, 0, 1));
  const set = masksOf(model);
  expect(set).toEqual(latent(1, 0, 1));
  expect(kindIn(set, PATH)).toBe('latent');
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'whittle-latent-'));
  const file = path.join(folder, 'masks.safetensors');
  saveMasks(file, set);
  expect(loadMasks(file)).toEqual(set);
  fs.rmSync(folder, { recursive: true });
  clearMasks(model);
  expect([masksOf(model).latent, attachmentsOf(model)]).toEqual([undefined, []]);
  expect(answer()).toBe(5 + 30 - 200);
  setMasks(model, set);
  expect([maskKindOf(variable()), answer()]).toEqual(['latent', 5 - 200]);
});

it('becomes hard, and hard latent; what is pruned is then 0 in the weight itself', () => {
  setMasks(model, latent(1, 0, 1));
  const before = answer();
  hardenMasks(model);
  expect([maskKindOf(variable()), answer(), attachmentsOf(model)]).toEqual(['hard', before, []]);
  expect(weights()).toEqual([5, 0, -2]);
  setMasks(model, latent(1, 1, 0));
  expect([maskKindOf(variable()), answer(), weights()]).toEqual(['latent', 5, [5, 0, -2]]);
  setMasks(model, maskSet([[PATH, Uint8Array.of(0, 1, 1)]]));
  expect([maskKindOf(variable()), weights()]).toEqual(['hard', [0, 0, -2]]);
});

it('is what a report counts by', () => {
  setMasks(model, latent(1, 0, 0));
  expect(report(model).rows).toEqual([expect.objectContaining({ path: PATH, zeros: 2, mask: 'latent' })]);
  clearMasks(model);
  expect(report(model).rows[0]).not.toHaveProperty('mask');
});

it.each(['before', 'after'])(
  'comes before the quantizers, set %s they are, and is baked in',
  async (when) => {
    if (when === 'before') setMasks(model, latent(0, 1, 1));
    const prepared = prepare(model, weightOnly());
    if (when === 'after') setMasks(model, latent(0, 1, 1));
    // the range is that of the effective weight: 3 is the largest, in 63 steps
    const scale = Math.fround(3 / 63);
    expect(answer()).toBeCloseTo(30 - 100 * Math.round(2 / scale) * scale, 4);
    const compressed = convert(prepared);
    expect([...codesOf(compressed.weights.get(PATH)!)]).toEqual([0, 63, -42]);
    expect(masksOf(compressed.model)).toEqual(maskSet([[PATH, Uint8Array.of(0, 1, 1)]]));
    expect(attachmentsOf(compressed.model)).toEqual([]);
    const x = hostTensor(Float32Array.of(1, 10, 100), [1, 3]);
    const [ours, theirs] = [await inferenceOf(model), await inferenceOf(compressed)];
    expect(await ours.predict([x])).toEqual(await theirs.predict([x]));
    await Promise.all([ours.dispose(), theirs.dispose()]);
    prepared.detach();
    expect(answer()).toBe(30 - 200);
    compressed.model.dispose();
  },
);

it('refuses what no layer computes with, masks of another length, and changes nothing then', () => {
  const alone = tf.variable(tf.zeros([2]));
  const refuse = () => setMask({ path: 'scores', variable: alone }, Uint8Array.of(1, 0), 'latent');
  expect(refuse).toThrow(UserError);
  expect(refuse).toThrow('one of "scores"; give it a hard one');
  alone.dispose();
  expect(() => setMasks(model, latent(1, 0))).toThrow('3 zeros and ones for "only/kernel", got 2');
  expect(masksOf(model).size).toBe(0);
});

it('keeps no tensors', async () => {
  await expectNoLeak(() => {
    setMasks(model, latent(1, 0, 1));
    answer();
    hardenMasks(model);
    clearMasks(model);
  });
});

it('flips are counted whatever the kind', () => {
  expect(countFlips(latent(1, 0, 1), maskSet([[PATH, Uint8Array.of(0, 0, 1)]]))).toBe(1);
});
