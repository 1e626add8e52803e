import { deepStrictEqual, ok } from 'node:assert';
import { execFileSync } from 'node:child_process';
import * as path from 'node:path';
import type * as tf from '@tensorflow/tfjs';
import { Compressed, compressedOf } from '../../lib/compress/compressed';
import { convert } from '../../lib/compress/convert';
import { prepare } from '../../lib/compress/prepare';
import { dynamicInt8 } from '../../lib/compress/scheme';
import { hostOf, hostTensor } from '../../lib/core/host-tensor';
import { weightsOf } from '../../lib/core/weights';
import { exportOnnx } from '../../lib/export/onnx/export-onnx';
import { mlp } from '../../lib/models/mlp';
import { maskSet } from '../../lib/pruning/mask';
import { setMasks } from '../../lib/pruning/model-masks';
import { prune } from '../../lib/pruning/prune';
import { inferenceOf } from '../../trainers/inference';
import { askPython, inFolder } from './ask-python';
import { transformersJs } from './transformers-js';

export const name = 'sparse-onnx';

const SIZES = { inputSize: 64, hiddenSizes: [200], outputSize: 10 };
const BATCH = Array.from({ length: 8 }, (_, row) =>
  Array.from({ length: 64 }, (_, i) => Math.sin(row * 64 + i)),
);
/** Between the sums of different machine code, of numbers of about 1. */
const TOLERANCE = 1e-5;

/** Has files with sparse initializers, of floats and of codes, checked by onnx and run by onnxruntime of Python and of the web. */
export async function check(python: string): Promise<string> {
  const model = pruned();
  const errors = [
    await compare(model, python),
    await compare(convert(prepare(model, dynamicInt8())), python),
  ];
  return `four sparse initializers each, of floats and of int8: answers of Python's and the web's onnxruntime differ by ${errors.join('; ')}`;
}

/** Two kernels of which 90 % are 0. */
function pruned(): tf.LayersModel {
  const model = mlp({ ...SIZES, seed: 1 });
  const kernels = weightsOf(model).filter(({ rank }) => rank === 2);
  const weights = kernels.map(({ path: weight, variable }) => {
    const { data, shape } = hostOf(variable);
    return [weight, { data: data as Float32Array, shape }] as const;
  });
  setMasks(model, prune(0.9, new Map(weights), maskSet([])));
  return model;
}

async function compare(subject: tf.LayersModel | Compressed, python: string): Promise<string> {
  const inference = await inferenceOf(compressedOf(subject));
  const { data } = await inference.predict([hostTensor(Float32Array.from(BATCH.flat()), [8, 64])]);
  await inference.dispose();
  const { sparse, answers } = inFolder((folder) => {
    const job = { file: path.join(folder, 'model.onnx'), xs: BATCH };
    exportOnnx(subject, job.file, { sparse: true });
    const theirs = askPython(python, 'sparse-onnx.py', folder, job) as Answers & { sparse: number };
    return { sparse: theirs.sparse, answers: [theirs.answers, askWeb(folder).answers] };
  });
  deepStrictEqual(sparse, 4, 'sparse initializers'); // the biases are all 0
  return answers.map((each) => difference(data as Float32Array, each)).join(' and ');
}

interface Answers {
  readonly answers: readonly number[];
}

/** Asks about the job that Python was asked about. */
function askWeb(folder: string): Answers {
  const args = [path.join(__dirname, 'sparse-onnx.cjs'), transformersJs(), path.join(folder, 'job.json')];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as Answers;
}

function difference(ours: Float32Array, theirs: readonly number[]): string {
  deepStrictEqual(theirs.length, ours.length);
  const error = Math.max(...theirs.map((value, i) => Math.abs(value - ours[i]!)));
  ok(error <= TOLERANCE, `Expected answers within ${TOLERANCE}, got a difference of ${error}.`);
  return error.toExponential(1);
}
