import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import * as ort from 'onnxruntime-node';
import { jit } from '../../lib/compile/jit';
import { calibrate } from '../../lib/compress/calibrate';
import { needsCalibration } from '../../lib/compress/needs-calibration';
import { convert } from '../../lib/compress/convert';
import { prepare, Prepared } from '../../lib/compress/prepare';
import { dynamicInt8, staticInt8, weightOnly } from '../../lib/compress/scheme';
import { forwardThrough } from '../../lib/forward/forward';
import { hostTensor, HostTensor } from '../../lib/core/host-tensor';
import { seededRandom } from '../../lib/core/random';
import { weightsOf } from '../../lib/core/weights';
import { loadHuggingFace, saveHuggingFace } from '../../lib/export/hugging-face/folder';
import { exportOnnx } from '../../lib/export/onnx/export-onnx';
import { bert } from '../../lib/models/bert';
import { FamilyName } from '../../lib/models/family';
import { percentile } from '../../lib/quantization/observers/percentile';
import { int4 } from '../../lib/quantization/spec';
import { perGroup } from '../../lib/quantization/granularity';
import { compiledEngine } from '../../trainers/engines/compiled';
import { inferenceOf } from '../../trainers/inference';
import { softmaxCrossEntropy } from '../../trainers/losses';
import { parametersOf } from '../../trainers/parameters';

let folder: string;
beforeAll(async () => {
  await tf.setBackend('cpu');
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'one-graph-'));
});
afterAll(() => fs.rmSync(folder, { recursive: true }));

const VOCABULARY = 60;
const vocabulary = Array.from({ length: VOCABULARY }, (_, i) => (i === 0 ? '[PAD]' : `piece${i}`));

/** Random sizes, and weights large enough for ranges that matter. */
function randomBert(seed: number, family: FamilyName): tf.LayersModel {
  const random = seededRandom(seed, 'sizes');
  const pick = (...sizes: number[]) => sizes[Math.floor(random() * sizes.length)]!;
  const heads = pick(1, 2, 4);
  const model = bert({
    family,
    vocabSize: VOCABULARY,
    layers: pick(1, 2, 3),
    heads,
    hiddenSize: heads * pick(8, 12, 20),
    intermediateSize: pick(24, 33, 64),
    maxPositions: 24,
    labels: 3,
    initializerRange: 0.3,
    seed,
  });
  weightsOf(model).forEach(({ variable, rank }, i) => {
    if (rank === 1)
      tf.tidy(() =>
        variable.assign(variable.add(tf.randomNormal(variable.shape, 0, 0.2, 'float32', seed + i))),
      );
  });
  return model;
}

function texts(seed: number, batch: number, time: number): HostTensor[] {
  const random = seededRandom(seed, 'texts');
  const ids = Int32Array.from({ length: batch * time }, () => 2 + Math.floor(random() * (VOCABULARY - 2)));
  const mask = ids.map((_, i) => Number(i % time < 2 + (Math.floor(i / time) % time)));
  return [ids, mask, new Int32Array(ids.length)].map((data) => hostTensor(data, [batch, time]));
}

/** The file as anybody runs it: onnxruntime's own defaults. */
async function answersOfFile(file: string, batches: readonly HostTensor[][]): Promise<number[]> {
  const session = await ort.InferenceSession.create(file);
  const answers: number[] = [];
  for (const xs of batches) {
    const feeds = xs.map(({ data, shape }, i) => [
      session.inputNames[i]!,
      new ort.Tensor('int32', data as Int32Array, shape),
    ]);
    const results = await session.run(Object.fromEntries(feeds));
    answers.push(...(results[session.outputNames[0]!]!.data as Float32Array));
  }
  await session.release();
  return answers;
}

async function answersOf(
  { predict, dispose }: Awaited<ReturnType<typeof inferenceOf>>,
  batches: readonly HostTensor[][],
): Promise<number[]> {
  const answers: number[] = [];
  for (const xs of batches) answers.push(...(await predict(xs)).data);
  await dispose();
  return answers;
}

async function answersOfEngine(model: tf.LayersModel, batches: readonly HostTensor[][]): Promise<number[]> {
  const parameters = parametersOf(model);
  const engine = await compiledEngine()(model, parameters, softmaxCrossEntropy);
  const answers = await answersOf(await engine.inference(), batches);
  engine.dispose();
  parameters.dispose();
  return answers;
}

const schemes = {
  'int8 weights and activations': staticInt8(),
  'int8 weights and activations by their own range': dynamicInt8(),
  'int8 weights and activations by percentiles': staticInt8({ input: () => percentile() }),
  'int8 weights alone': weightOnly(),
  'int4 in groups': weightOnly(int4(perGroup(0, 8))),
};
const families: FamilyName[] = ['bert', 'distilbert', 'roberta', 'electra'];
const runs = Array.from(
  { length: 10 },
  (_, i) => [i, families[i % 4]!, Object.keys(schemes)[i % 5]!] as const,
);

test.each(runs)(
  'prepared, converted, exported, saved and loaded: the same bits (%i: a %s, %s)',
  async (seed, family, scheme) => {
    const model = randomBert(seed, family);
    const prepared = prepare(model, schemes[scheme as keyof typeof schemes]);
    if (needsCalibration(prepared)) await calibrate(prepared, [texts(1, 6, 9), texts(2, 3, 5)]);
    const batches = [texts(3, 1, 2), texts(4, 5, 7), texts(5, 13, 20)];
    const expected = await answersOfEngine(model, batches);
    const compressed = convert(prepared);
    expect(await answersOf(await inferenceOf(compressed), batches)).toEqual(expected);
    const file = path.join(folder, 'model.onnx');
    exportOnnx(compressed, file);
    expect(await answersOfFile(file, batches)).toEqual(expected);
    exportOnnx(model, file); // as it is prepared
    expect(await answersOfFile(file, batches)).toEqual(expected);
    for (const floats of [true, false]) {
      const saved = path.join(folder, `saved-${seed}-${floats}`);
      saveHuggingFace(compressed, saved, {
        tokenizerFiles: { vocabulary, lowercase: true },
        floats,
        onnx: false,
      });
      const loaded = loadHuggingFace(saved);
      expect([...loaded.weights.keys()]).toEqual([...compressed.weights.keys()]);
      expect(await answersOf(await inferenceOf(loaded), batches)).toEqual(expected);
    }
    prepared.detach();
  },
);

test('on an eager backend few codes differ from those of the compiled one: by rounding, and by one', async () => {
  const prepared = prepare(randomBert(3, 'bert'), staticInt8());
  await calibrate(prepared, [texts(1, 6, 9)]);
  const { eager, compiled } = await codesOfBoth(prepared, texts(5, 13, 20));
  const steps = eager.map((code, i) => Math.abs(code - compiled[i]!));
  const differing = steps.filter((step) => step > 0.5);
  expect(steps.length).toBeGreaterThan(10_000);
  expect(differing.length / steps.length).toBeLessThan(0.002);
  expect(Math.max(0, ...differing)).toBeLessThan(1.5);
  prepared.detach();
});

/** Every code that a converted model computes, on the cpu backend and compiled. */
async function codesOfBoth(prepared: Prepared, xs: readonly HostTensor[]) {
  const { model } = convert(prepared);
  const quantizers = model.layers.filter((layer) => layer.getClassName() === 'WhittleQuantize');
  const options = { pass: 'inference', layers: quantizers.map(({ name }) => name), whole: true } as const;
  const all = (...inputs: tf.Tensor[]) => forwardThrough(model, inputs, options).slice(1);
  const scaleOf = (i: number) => quantizers[i]!.getConfig()['scale'] as number;
  const codes = (outputs: tf.Tensor[]) =>
    outputs.flatMap((output, i) => Array.from(output.dataSync(), (value) => value / scaleOf(i)));
  const inputs = xs.map(({ data, shape }) => tf.tensor(data, shape, 'int32'));
  const program = jit(all);
  const result = { eager: codes(all(...inputs)), compiled: codes(await program(...inputs)) };
  await program.dispose();
  return result;
}
