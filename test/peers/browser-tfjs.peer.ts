import { ok } from 'node:assert';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { calibrate } from '../../lib/compress/calibrate';
import { Compressed } from '../../lib/compress/compressed';
import { convert } from '../../lib/compress/convert';
import { prepare } from '../../lib/compress/prepare';
import { Rules } from '../../lib/compress/rules';
import { staticInt8, weightOnly } from '../../lib/compress/scheme';
import { loadHuggingFace } from '../../lib/export/hugging-face/folder';
import { saveTfjs } from '../../lib/export/tfjs/folder';
import { bert } from '../../lib/models/bert';
import { perTensor } from '../../lib/quantization/granularity';
import { fp16, int8 } from '../../lib/quantization/spec';
import { hasChromium, postedByPage } from './chromium';
import { bundle } from './esbuild';
import { servePages } from './page-server';

export const name = 'browser-tfjs';

const TOLERANCE = 1e-5;
const TFJS = path.dirname(require.resolve('@tensorflow/tfjs/dist/tf.min.js'));

/** A saved folder, by its name, and what is computed with it. */
interface Job {
  readonly model: string;
  readonly training: boolean;
  readonly xs: readonly { readonly dtype: string; readonly values: unknown }[];
  /** What the model gave in Node before it was saved. */
  readonly ours: readonly number[];
}

/**
 * Saves models as folders of tfjs and has pages of headless Chromium load them: models of stock layers by stock tfjs from a script tag,
 * BERTs by tfjs in a bundle with `whittle-tfjs/layers`. Outputs, and those of training with dropout, are Node's.
 */
export async function check(_python: string, shared: string | undefined): Promise<string> {
  if (!hasChromium) return 'skipped: npm has no Chromium for this kind of machine';
  await tf.setBackend('cpu');
  const work = fs.mkdtempSync(path.join(os.tmpdir(), 'whittle-browser-tfjs-'));
  try {
    const stock = await compare(work, 'tfjs-stock.html', await stockJobs(work));
    bundle(path.join(__dirname, 'page/own-layers.js'), path.join(work, 'own-layers.js'), {
      'whittle-tfjs/layers': 'layers.ts',
    });
    const own = await compare(work, 'tfjs-own-layers.html', await bertJobs(work, shared));
    return `outputs of Chromium are Node's within: stock tfjs ${stock}; with whittle-tfjs/layers ${own}`;
  } finally {
    fs.rmSync(work, { recursive: true });
  }
}

async function compare(work: string, page: string, jobs: readonly Job[]): Promise<string> {
  fs.writeFileSync(path.join(work, 'jobs.json'), JSON.stringify(jobs));
  const server = await servePages({
    models: work,
    page: path.join(__dirname, 'page'),
    tfjs: TFJS,
    bundle: work,
  });
  const theirs = (await postedByPage(server, `page/${page}`).finally(() => server.close())) as number[][];
  const lines = jobs.map(({ model, training, ours }, i) => {
    const off = Math.max(...ours.map((value, j) => Math.abs(value - theirs[i]![j]!)));
    const largest = Math.max(...ours.map(Math.abs));
    ok(theirs[i]!.length === ours.length && off <= TOLERANCE, `${model} is off by ${off}.`);
    return `${model}${training ? ' in training' : ''} ${off.toExponential(0)} of ${largest.toFixed(2)}`;
  });
  return lines.join(', ');
}

async function stockJobs(work: string): Promise<Job[]> {
  const model = tf.sequential();
  model.add(tf.layers.conv2d({ name: 'conv', filters: 8, kernelSize: 3, inputShape: [8, 8, 1] }));
  model.add(tf.layers.batchNormalization({ name: 'norm' }));
  model.add(tf.layers.reshape({ name: 'rows', targetShape: [6, 48] }));
  model.add(tf.layers.lstm({ name: 'lstm', units: 16 }));
  model.add(tf.layers.dense({ name: 'head', units: 3 }));
  const xs = [tf.randomNormal([4, 8, 8, 1], 0, 1, 'float32', 1)];
  const rules: Rules = [
    { match: 'conv', use: weightOnly(int8(perTensor())) },
    { match: 'head', use: weightOnly(fp16()) },
  ];
  return [save(work, 'floats', model, xs), save(work, 'codes', await compress(model, rules), xs)];
}

async function bertJobs(work: string, shared: string | undefined): Promise<Job[]> {
  const sizes = { vocabSize: 50, layers: 2, hiddenSize: 32, heads: 2, maxPositions: 32, labels: 3 };
  const model = bert({ ...sizes, initializerRange: 0.2, seed: 1, dropout: 0.1, attentionDropout: 0.1 });
  const xs = texts(sizes.vocabSize);
  const jobs = [
    save(work, 'bert', model, xs),
    save(work, 'bert', model, xs, true),
    save(work, 'bert-int8', await compress(model, staticInt8(), xs), xs),
  ];
  if (!shared) return jobs;
  const folder = path.join(shared, 'data/weights/all-MiniLM-L6-v2');
  const miniLM = loadHuggingFace(folder, { labels: ['no', 'yes'], seed: 1 });
  const inputs = texts(miniLM.config.vocabSize);
  const halves = await compress(miniLM.model, weightOnly(int8(perTensor(), { full: true })));
  return [...jobs, save(work, 'MiniLM', miniLM.model, inputs), save(work, 'MiniLM-int8', halves, inputs)];
}

/** Two texts of 12 tokens, the second of them shorter. */
function texts(vocabSize: number): tf.Tensor[] {
  const ids = tf.randomUniform([2, 12], 0, vocabSize, 'int32', 1);
  const mask = tf.tensor2d(
    [Array(12).fill(1), [...Array(7).fill(1), ...Array(5).fill(0)]],
    undefined,
    'int32',
  );
  return [ids, mask, tf.zeros([2, 12], 'int32')];
}

async function compress(model: tf.LayersModel, rules: Rules, xs?: tf.Tensor[]): Promise<Compressed> {
  const prepared = prepare(model, rules);
  if (xs) await calibrate(prepared, [xs]);
  const compressed = convert(prepared);
  prepared.detach();
  return compressed;
}

function save(
  work: string,
  model: string,
  subject: tf.LayersModel | Compressed,
  xs: tf.Tensor[],
  training = false,
): Job {
  saveTfjs(subject, path.join(work, model));
  const layers = 'layers' in subject ? subject : subject.model;
  const output = layers.apply(xs.length === 1 ? xs[0]! : xs, { training }) as tf.Tensor;
  const values = xs.map((x) => ({ dtype: x.dtype, values: x.arraySync() }));
  return { model, training, xs: values, ours: [...output.dataSync()] };
}
