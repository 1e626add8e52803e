import { deepStrictEqual, ok } from 'node:assert';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { calibrate } from '../../lib/compress/calibrate';
import { convert } from '../../lib/compress/convert';
import { prepare } from '../../lib/compress/prepare';
import { staticInt8 } from '../../lib/compress/scheme';
import { hostTensor, HostTensor } from '../../lib/core/host-tensor';
import { seededRandom } from '../../lib/core/random';
import { Weight, weightsOf } from '../../lib/core/weights';
import { exportOnnx } from '../../lib/export/onnx/export-onnx';
import { mlp } from '../../lib/models/mlp';
import { minMax } from '../../lib/quantization/observers/min-max';
import { inferenceOf } from '../../trainers/inference';
import { hasChromium, postedByPage } from './chromium';
import { servePages } from './page-server';
import { transformersJs } from './transformers-js';

export const name = 'browser-sums';

const [BATCH, INPUTS, OUTPUTS] = [8, 512, 64];

/**
 * Multiplies the largest codes with one another, all of one sign in a column, where instructions that add in 16 bits would overflow: an
 * exported file gives our bits in WebAssembly.
 */
export async function check(): Promise<string> {
  if (!hasChromium) return 'skipped: npm has no Chromium for this kind of machine';
  await tf.setBackend('cpu');
  const work = fs.mkdtempSync(path.join(os.tmpdir(), 'whittle-sums-'));
  try {
    const x = extremes();
    const ours = await saveFile(work, x);
    fs.writeFileSync(path.join(work, 'x.json'), JSON.stringify({ x: [...x.data], shape: x.shape }));
    const onnxruntime = path.join(transformersJs(), 'node_modules/onnxruntime-web/dist');
    const server = await servePages({ job: work, page: path.join(__dirname, 'page'), onnxruntime });
    const theirs = await postedByPage(server, 'page/sums.html').finally(() => server.close());
    deepStrictEqual(theirs, ours);
    const largest = Math.max(...ours.map(Math.abs));
    ok(largest > INPUTS / 2, `Expected sums of nearly ${INPUTS} ones, got ${largest}.`);
    return `${ours.length} sums of ${INPUTS} products of the largest codes have our bits in WebAssembly, up to ${largest.toFixed(1)}`;
  } finally {
    fs.rmSync(work, { recursive: true });
  }
}

/** Writes a quantized layer whose weights are all 1 or all -1 in a column, and gives what it makes of x. */
async function saveFile(work: string, x: HostTensor): Promise<number[]> {
  const model = mlp({ inputSize: INPUTS, hiddenSizes: [], outputSize: OUTPUTS });
  const signs = Float32Array.from({ length: INPUTS * OUTPUTS }, (_, i) => ((i % OUTPUTS) % 2 ? 1 : -1));
  const [{ variable }] = weightsOf(model) as [Weight];
  tf.tidy(() => variable.assign(tf.tensor2d(signs, [INPUTS, OUTPUTS])));
  const prepared = prepare(model, staticInt8({ input: () => minMax() }));
  await calibrate(prepared, [[x]]);
  const compressed = convert(prepared);
  exportOnnx(compressed, path.join(work, 'model.onnx'), { inputNames: ['x'], outputName: 'y' });
  const inference = await inferenceOf(compressed);
  const { data } = await inference.predict([x]);
  await inference.dispose();
  return [...data];
}

/** Ones, and few other numbers between 0 and 1. */
function extremes(): HostTensor {
  const random = seededRandom(1, 'sums');
  const data = Float32Array.from({ length: BATCH * INPUTS }, () => (random() < 0.9 ? 1 : random()));
  return hostTensor(data, [BATCH, INPUTS]);
}
