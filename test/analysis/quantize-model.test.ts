import * as tf from '@tensorflow/tfjs';
import { quantizeModel } from '../../lib/analysis/quantize-model';
import type { Repair } from '../../lib/analysis/repairs';
import { attachmentsOf } from '../../lib/core/attach';
import { staticInt8, weightOnly } from '../../lib/compress/scheme';
import { mlp } from '../../lib/models/mlp';
import { setMasks } from '../../lib/pruning/model-masks';
import { perChannelGroup } from '../../lib/quantization/granularity';
import { codesOf } from '../../lib/quantization/decode';
import { int4 } from '../../lib/quantization/spec';
import { expectNoLeak } from '../leaks';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const model = mlp({ inputSize: 6, hiddenSizes: [8], outputSize: 2, seed: 3 });
const data = [[tf.randomNormal([32, 6], 0, 1, 'float32', 1)]];
const values = () => model.getWeights().map((weight) => Array.from(weight.dataSync()));

test('without options: int8 weights, dynamic activations; the model stays as it is', async () => {
  const before = values();
  const { weights, model: small } = await quantizeModel(model);
  expect([...weights.keys()]).toEqual(['hidden/0/kernel', 'output/kernel']);
  expect(values()).toEqual(before);
  expect(attachmentsOf(model)).toEqual([]);
  const [y, expected] = [small, model].map((each) => (each.predict(data[0]![0]!) as tf.Tensor).dataSync());
  y!.forEach((value, i) => expect(value).toBeCloseTo(expected![i]!, 1));
  small.dispose();
});

test('repairs work on a copy, in their order; one’s own comes last', async () => {
  const before = values();
  const made: string[] = [];
  const own: Repair = {
    name: 'own',
    onModel: async (copy) => void made.push(`model ${copy !== model}`),
    onPrepared: async () => void made.push('prepared'),
  };
  const compressed = await quantizeModel(model, {
    rules: weightOnly(int4(perChannelGroup(16))),
    data,
    repair: [own, 'gptq', 'equalize'],
  });
  expect(made).toEqual(['model true', 'prepared']);
  expect(values()).toEqual(before);
  compressed.model.dispose();
});

test('masks go along', async () => {
  const pruned = mlp({ inputSize: 6, hiddenSizes: [8], outputSize: 2, seed: 3 });
  setMasks(pruned, new Map([['hidden/0/kernel', Uint8Array.from({ length: 48 }, (_, i) => i % 2)]]));
  const { weights } = await quantizeModel(pruned, { rules: weightOnly(), data, repair: ['equalize'] });
  expect(codesOf(weights.get('hidden/0/kernel')!).every((code, i) => i % 2 === 1 || code === 0)).toBe(true);
  pruned.dispose();
});

test('says what needs data, and which repairs there are', async () => {
  await expect(quantizeModel(model, { rules: staticInt8() })).rejects.toThrow(
    'for the ranges of inputs, got none',
  );
  await expect(quantizeModel(model, { repair: ['gptq'] })).rejects.toThrow('for gptq, got none');
  await expect(quantizeModel(model, { data, repair: ['gtpq' as 'gptq'] })).rejects.toThrow(
    'Expected repairs among equalize, smooth-quant, gptq, ada-round, bias-correction, got "gtpq"',
  );
});

test('leaks nothing, also on an error', async () => {
  await expectNoLeak(async () => {
    const { model: small } = await quantizeModel(model, { rules: staticInt8(), data, repair: ['equalize'] });
    small.dispose();
    await quantizeModel(model, { rules: staticInt8() }).catch(() => undefined);
  });
});
