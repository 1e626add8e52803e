import * as fs from 'node:fs';
import * as path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { staticInt8, weightOnly } from '../../../lib/compress/scheme';
import { saveTfjs } from '../../../lib/export/tfjs/folder';
import { bert } from '../../../lib/models/bert';
import { perChannel, perChannelGroup, perTensor } from '../../../lib/quantization/granularity';
import { bf16, fp16, int4, int8, QuantSpec, uint8, WeightSpec } from '../../../lib/quantization/spec';
import { small } from '../saved-folder';
import {
  askStock,
  bertInputs,
  compress,
  expectClose,
  folderOf,
  outputOf,
  readJson,
  scratchEachTest,
  stock,
  valuesOf,
} from './saved-model';

scratchEachTest();

describe('stock tfjs', () => {
  test('loads floats, uint8 of one scale, halves and what has several scales, with our bits', async () => {
    const deep = tf.sequential();
    const specs: Record<string, WeightSpec | undefined> = {
      floats: undefined,
      seven: int8(perTensor()),
      eight: int8(perTensor(), { full: true }),
      affine: uint8(perTensor()),
      four: int4(perTensor()),
      half: fp16(),
      brain: bf16(),
      channels: int8(perChannel()),
      groups: int4(perChannelGroup(4)),
    };
    Object.keys(specs).forEach((name, i) =>
      deep.add(tf.layers.dense({ name, units: 11, inputShape: i ? undefined : [11], useBias: false })),
    );
    const rules = Object.entries(specs).map(
      ([match, spec]) => ({ match, use: spec ? weightOnly(spec) : 'skip' }) as const,
    );
    const compressed = await compress(deep, rules);
    saveTfjs(compressed, folderOf());
    const dtypes = readJson().weightsManifest[0].weights.map(
      ({ quantization }: { quantization?: { dtype: string } }) => quantization?.dtype ?? 'float32',
    );
    const expected = [
      'float32',
      'uint8',
      'uint8',
      'uint8',
      'uint8',
      'float16',
      'float32',
      'float32',
      'float32',
    ];
    expect(dtypes).toEqual(expected);
    const ones = tf.ones([1, 11]);
    const { weights, outputs } = await askStock([ones]);
    expect(weights).toEqual(valuesOf(compressed.model));
    expectClose(outputs, outputOf(compressed.model, [ones]));
  });

  test('loads a BERT, and quantized activations, by one import', async () => {
    const compressed = await compress(bert(small), staticInt8(), bertInputs());
    saveTfjs(compressed, folderOf());
    expect((await askStock(bertInputs())).error).toContain('Unknown layer: Whittle');
    const own = path.join(__dirname, '../../../lib/models/own-layers.ts');
    const { weights, outputs } = await askStock(bertInputs(), own);
    expect(weights).toEqual(valuesOf(compressed.model));
    expectClose(outputs, outputOf(compressed.model, bertInputs()));
  });

  test('says of codes that lie beside who reads them', async () => {
    const compressed = await compress(stock(), weightOnly(int4(perChannelGroup(2))));
    saveTfjs(compressed, folderOf(), { codes: true });
    expect((await askStock()).error).toContain(
      'Weight body/kernel has unknown quantization dtype codes (of whittle-tfjs, whose loadTfjs reads this folder)',
    );
  });
});

describe('numbers', () => {
  /** Codes -127 to 127 of one scale as stock tfjs decodes them. */
  const decoded = (scale: number) => {
    const spec: QuantSpec = { ...int8(perTensor(), { full: true }) };
    const codes = Int8Array.from({ length: 255 }, (_, i) => i - 127);
    const min = -128 * scale;
    const [bytes, quantization] = [
      Uint8Array.from(codes, (code) => code + 128),
      { dtype: 'uint8' as const, scale, min },
    ];
    const entry = { name: 'w', shape: [255], dtype: 'float32' as const, quantization };
    const { w } = tf.io.decodeWeights(bytes.buffer, [entry]);
    return { spec, codes, values: w!.dataSync() };
  };

  test.each([1, Math.fround(0.1), Math.fround(1 / 3), Math.fround(3e-39), 2 ** -149, Math.fround(2.6e36)])(
    'of tfjs’s uint8 are scale · code rounded once, 0 exactly 0, for the scale %p',
    (scale) => {
      const { codes, values } = decoded(scale);
      values.forEach((value, i) => expect(Object.is(value, Math.fround(scale * codes[i]!))).toBe(true));
      expect(Object.is(values[127], 0)).toBe(true);
    },
  );
});

test('every class of ours that a model may hold is registered by own-layers', () => {
  const lib = path.join(__dirname, '../../../lib');
  const sources = fs
    .readdirSync(lib, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'));
  const registering = sources.filter((name) =>
    /registerClass\(/.test(fs.readFileSync(path.join(lib, name), 'utf8')),
  );
  const own = fs.readFileSync(path.join(lib, 'models/own-layers.ts'), 'utf8');
  const imported = [...own.matchAll(/import '(.+)';/g)].map(([, name]) => `${path.join('models', name!)}.ts`);
  const makers = registering.filter((name) => !name.startsWith('export/')); // which speak of it in a message
  expect(imported.sort()).toEqual(makers.sort());
});
