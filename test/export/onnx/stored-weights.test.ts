import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { convert } from '../../../lib/compress/convert';
import { prepare } from '../../../lib/compress/prepare';
import { report } from '../../../lib/compress/report';
import { weightOnly } from '../../../lib/compress/scheme';
import { hostTensor } from '../../../lib/core/host-tensor';
import { exportOnnx } from '../../../lib/export/onnx/export-onnx';
import { perChannel, perChannelGroup, perGroup, perTensor } from '../../../lib/quantization/granularity';
import {
  bf16,
  fp16,
  int4,
  int8,
  QuantSpec,
  ternary,
  uint8,
  WeightSpec,
} from '../../../lib/quantization/spec';
import { inferenceOf } from '../../../trainers/inference';
import { scopeEachTest } from '../../scope';
import { graphOf } from '../../onnx-file';

scopeEachTest();

const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'stored-')), 'model.onnx');
afterAll(() => fs.rmSync(path.dirname(file), { recursive: true }));

/** A table, a convolution and two kernels of which one has few outputs; the same weights each time. */
const modelOf = (): tf.LayersModel => {
  const drawn = (seed: number) => tf.initializers.randomUniform({ minval: -0.2, maxval: 0.2, seed });
  return tf.sequential({
    layers: [
      tf.layers.embedding({
        ...{ inputDim: 50, outputDim: 40, inputLength: 6, name: 'table' },
        embeddingsInitializer: drawn(1),
      }),
      tf.layers.conv1d({ filters: 24, kernelSize: 3, name: 'conv', kernelInitializer: drawn(2) }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 33, activation: 'relu', name: 'hidden', kernelInitializer: drawn(3) }),
      tf.layers.dense({ units: 1, name: 'head', kernelInitializer: drawn(4) }),
    ],
  });
};

const ids = Float32Array.from({ length: 24 }, (_, i) => (i * 7) % 50);

const affine = (bits: number): QuantSpec => ({ ...uint8(perChannelGroup(32)), bits });

const specs: Record<string, WeightSpec> = {
  '7 bits': int8(perChannel()),
  '8 bits': int8(perChannel(), { full: true }),
  '8 bits in groups': int8(perChannelGroup(32), { full: true }),
  '8 bits affine': affine(8),
  '5 bits in groups': { ...int8(perChannelGroup(16)), bits: 5 },
  '4 bits per channel': int4(perChannel()),
  '4 bits in groups of 32, the last one shorter': int4(perChannelGroup(32)),
  '4 bits in groups of 48': int4(perChannelGroup(48)),
  '4 bits for a whole tensor': int4(perTensor()),
  '4 bits affine': affine(4),
  '3 bits': { ...int4(perChannelGroup(16)), bits: 3 },
  '2 bits affine': affine(2),
  ternary: ternary(perChannelGroup(32)),
  fp16: fp16(),
  bf16: bf16(),
};

test.each(Object.entries(specs))(
  '%s: prepared, converted and in a file, the same numbers',
  async (_, spec) => {
    const model = modelOf();
    const x = hostTensor(ids, [4, 6]);
    const outputOf = async (subject: Parameters<typeof inferenceOf>[0]) => {
      const answers = await inferenceOf(subject);
      const { data } = await answers.predict([x]);
      await answers.dispose();
      return Array.from(data);
    };
    const prepared = prepare(model, weightOnly(spec));
    const compressed = convert(prepared);
    const stored = await outputOf(compressed);
    expect(await outputOf(model)).toEqual(stored);
    const eager = (compressed.model.predict(tf.tensor2d(ids, [4, 6])) as tf.Tensor).dataSync();
    const largest = Math.max(...eager.map(Math.abs));
    stored.forEach((value, i) => expect(Math.abs(value - eager[i]!) / largest).toBeLessThan(2e-6));
    prepared.detach();
  },
);

test.each(Object.entries(specs))('%s: no file has the floats', (_, spec) => {
  const prepared = prepare(modelOf(), weightOnly(spec));
  const compressed = convert(prepared);
  exportOnnx(compressed, file);
  const { initializer } = graphOf(fs.readFileSync(file));
  const named = (name: string) => initializer.filter((tensor) => tensor.name === name);
  for (const [weight, encoded] of compressed.weights) {
    expect(named(weight)).toEqual([]);
    const [codes] = named(`${weight}/codes`);
    // A block is filled up to 16 codes, and codes of a row to a whole block.
    expect(codes!.rawData!.length).toBeLessThanOrEqual(1.6 * encoded.codes.byteLength + 64);
  }
  prepared.detach();
});

test('what the report says of a whole model is what its file takes', () => {
  const model = tf.sequential({
    layers: [
      tf.layers.embedding({ inputDim: 1000, outputDim: 128, inputLength: 4, name: 'table' }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 256, name: 'hidden' }),
    ],
  });
  for (const spec of [int8(perChannel()), int4(perChannelGroup(32)), ternary(perChannelGroup(128)), fp16()]) {
    const prepared = prepare(model, weightOnly(spec));
    const compressed = convert(prepared);
    exportOnnx(compressed, file);
    const told = report(compressed).total.bytes;
    expect(fs.statSync(file).size - told).toBeGreaterThan(0);
    expect(fs.statSync(file).size - told).toBeLessThan(6000); // the program
    prepared.detach();
  }
});

test('groups that are not made of 16 neighbours are written as numbers', () => {
  const prepared = prepare(modelOf(), [{ match: 'hidden', use: weightOnly(int4(perGroup(0, 20))) }]);
  exportOnnx(convert(prepared), file);
  const { initializer } = graphOf(fs.readFileSync(file));
  expect(initializer.find(({ name }) => name === 'hidden/kernel')?.dims?.map(Number)).toEqual([96, 33]);
  prepared.detach();
});
