import * as tf from '@tensorflow/tfjs';
import * as ort from 'onnxruntime-node';
import { UserError } from '../../lib/core/errors';
import { hostTensor } from '../../lib/core/host-tensor';
import { onnxBytes } from '../../lib/export/onnx/export-onnx';
import { compressedOf } from '../../lib/compress/compressed';
import { bert } from '../../lib/models/bert';
import type { EngineFactory } from '../../trainers/engine';
import { compiledEngine } from '../../trainers/engines/compiled';
import { eagerEngine } from '../../trainers/engines/eager';
import { type Inference, inferenceOf } from '../../trainers/inference';
import { softmaxCrossEntropy } from '../../trainers/losses';
import { parametersOf } from '../../trainers/parameters';
import { tiny } from '../models/family-cases';
import { embeddingModel } from './small-models';

const row = (...values: number[]) => hostTensor(Int32Array.from(values), [1, values.length]);
const xs = (id: number, type = 0) => [row(2, id), row(1, 1), row(0, type)];

/** What each of our ways to an answer makes of a batch. */
const ways: [string, (model: tf.LayersModel) => Promise<Inference>][] = [
  ['the exported file', (model) => inferenceOf(model)],
  ['the compiled engine', (model) => inferenceBy(compiledEngine(), model)],
  ['the eager engine', (model) => inferenceBy(eagerEngine({ backend: 'cpu' }), model)],
];

async function inferenceBy(factory: EngineFactory, model: tf.LayersModel): Promise<Inference> {
  const engine = await factory(model, parametersOf(model), softmaxCrossEntropy);
  const inference = await engine.inference();
  return {
    ...inference,
    async dispose() {
      await inference.dispose();
      engine.dispose();
    },
  };
}

describe.each(ways)('by %s', (_, open) => {
  let model: tf.LayersModel;
  let inference: Inference;
  beforeAll(async () => {
    model = bert(tiny('bert'));
    inference = await open(model);
  });
  afterAll(async () => {
    await inference.dispose();
    model.dispose();
  });

  test.each([-1, 11, 2 ** 31 - 1])('the piece %d of 11 is refused', async (id) => {
    const message = `Expected numbers from 0 to 10 in the input "inputIds", the rows of "embeddings/token", got ${id} in row 0 of the batch`;
    await expect(inference.predict(xs(id))).rejects.toThrow(UserError);
    await expect(inference.predict(xs(id))).rejects.toThrow(message);
    if (inference.outputs) await expect(inference.outputs(xs(id))).rejects.toThrow(message);
  });

  test('a type that is none is refused', async () => {
    await expect(inference.predict(xs(3, 2))).rejects.toThrow('from 0 to 1 in the input "tokenTypeIds"');
  });

  test('the others are answered', async () => {
    const { shape, data } = await inference.predict(xs(10, 1));
    expect(shape).toEqual([1, 3]);
    expect([...data].every(Number.isFinite)).toBe(true);
  });
});

test('onnxruntime takes −1 in an exported file for the last row, and refuses what is beyond', async () => {
  const model = embeddingModel();
  tf.tidy(() => model.setWeights([tf.range(0, 10, 1).reshape([5, 2])]));
  const session = await ort.InferenceSession.create(onnxBytes(compressedOf(model)), { logSeverityLevel: 4 });
  const ask = async (id: number) => {
    const answers = await session.run({ [session.inputNames[0]!]: new ort.Tensor('float32', [id], [1, 1]) });
    return [...(answers[session.outputNames[0]!]!.data as Float32Array)];
  };
  expect(await ask(-1)).toEqual([8, 9]);
  expect(await ask(4)).toEqual([8, 9]);
  await expect(ask(5)).rejects.toThrow('out of data bounds');
  await session.release();
  model.dispose();
});
