import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import * as ort from 'onnxruntime-node';
import type { Compressed } from '../../../lib/compress/compressed';
import { convert } from '../../../lib/compress/convert';
import { prepare } from '../../../lib/compress/prepare';
import { dynamicInt8 } from '../../../lib/compress/scheme';
import { hostOf } from '../../../lib/core/host-tensor';
import { weightsOf } from '../../../lib/core/weights';
import { exportOnnx } from '../../../lib/export/onnx/export-onnx';
import { mlp } from '../../../lib/models/mlp';
import { maskSet } from '../../../lib/pruning/mask';
import { setMasks } from '../../../lib/pruning/model-masks';
import { prune } from '../../../lib/pruning/prune';
import { scopeEachTest } from '../../scope';
import { graphOf } from '../../onnx-file';

scopeEachTest();

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sparse-'));
afterAll(() => fs.rmSync(folder, { recursive: true }));

/** A file's answers to 5 random rows, its size, and the names of its sparse initializers. */
async function exported(subject: tf.LayersModel | Compressed, sparse: boolean) {
  const file = path.join(folder, `${sparse ? 'sparse' : 'dense'}.onnx`);
  exportOnnx(subject, file, { sparse });
  const session = await ort.InferenceSession.create(file, { intraOpNumThreads: 1 });
  const xs = tf.randomNormal([5, 64], 0, 1, 'float32', 2).dataSync() as Float32Array;
  const results = await session.run({ [session.inputNames[0]!]: new ort.Tensor('float32', xs, [5, 64]) });
  await session.release();
  const graph = graphOf(fs.readFileSync(file));
  const names = graph.sparseInitializer.map(({ values }) => values.name);
  return {
    answers: [...(results[session.outputNames[0]!]!.data as Float32Array)],
    bytes: fs.statSync(file).size,
    names,
  };
}

/** Two kernels, 64 × 200 and 200 × 10, pruned to a sparsity, and two biases, which are not. */
function prunedMlp(sparsity: number): tf.LayersModel {
  const model = mlp({ inputSize: 64, hiddenSizes: [200], outputSize: 10, seed: 1 });
  const kernels = weightsOf(model).filter(({ rank }) => rank === 2);
  weightsOf(model).forEach(({ variable, rank }) => rank === 1 && variable.assign(tf.ones(variable.shape)));
  const weights = kernels.map(({ path: weight, variable }) => [weight, hostOf(variable)] as const);
  setMasks(
    model,
    prune(
      sparsity,
      new Map(weights.map(([weight, { data, shape }]) => [weight, { data: data as Float32Array, shape }])),
      maskSet([]),
    ),
  );
  return model;
}

test('floats that are mostly 0 take less room, and answer with the same bits', async () => {
  const model = prunedMlp(0.8);
  const [dense, sparse] = [await exported(model, false), await exported(model, true)];
  expect(dense.names).toEqual([]);
  expect(sparse.names).toEqual(
    weightsOf(model)
      .filter(({ rank }) => rank === 2)
      .map(({ path: weight }) => weight),
  );
  expect(sparse.answers).toEqual(dense.answers);
  expect(new Set(sparse.answers).size).toBeGreaterThan(40);
  const kernels = 64 * 200 + 200 * 10;
  expect(dense.bytes - sparse.bytes).toBeGreaterThan(4 * kernels - 7 * 0.2 * kernels - 200); // at most 3 bytes for a place
});

test('floats of which few are 0 stay as they are', async () => {
  const [dense, sparse] = [await exported(prunedMlp(0.3), false), await exported(prunedMlp(0.3), true)];
  expect(sparse).toEqual(dense);
});

test('codes too, where 0 is a code of 0', async () => {
  const prepared = prepare(prunedMlp(0.9), dynamicInt8());
  const compressed = convert(prepared);
  const [dense, sparse] = [await exported(compressed, false), await exported(compressed, true)];
  expect(sparse.answers).toEqual(dense.answers);
  expect(sparse.names).toHaveLength(2);
  expect(sparse.bytes).toBeLessThan(dense.bytes);
});
