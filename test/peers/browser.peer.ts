import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { batchSource } from '../../datasets/batches';
import { tokenizerOf } from '../../datasets/tokenizer/tokenizer-of';
import { calibrate } from '../../lib/compress/calibrate';
import { Compressed, compressedOf } from '../../lib/compress/compressed';
import { convert } from '../../lib/compress/convert';
import { prepare } from '../../lib/compress/prepare';
import { Scheme, staticInt8, weightOnly } from '../../lib/compress/scheme';
import type { HostTensor } from '../../lib/core/host-tensor';
import { loadHuggingFace, saveHuggingFace } from '../../lib/export/hugging-face/folder';
import { perChannelGroup } from '../../lib/quantization/granularity';
import { fp16, int4, ternary } from '../../lib/quantization/spec';
import { Answer, answersOf, compareAnswers, countLabels } from './answers';
import { askPython } from './ask-python';
import { hasChromium, postedByPage } from './chromium';
import { servePages } from './page-server';
import { miniLM, toyModel, TrainedModel } from './trained-models';
import { askTransformersJs, transformersJs } from './transformers-js';

export const name = 'browser';

/** What a folder is saved of: undefined for the model in floats. */
const SCHEMES: Readonly<Record<string, Scheme | undefined>> = {
  dense: undefined,
  int8: staticInt8(),
  int4: weightOnly(int4(perChannelGroup(32))),
  ternary: weightOnly(ternary(perChannelGroup(128))),
  fp16: weightOnly(fp16()),
};
const hasRanges = (folder: string) => folder.endsWith('int8');
/** Of the texts of a page whose activations are quantized; 3 of 64 are. */
const STEPPED = 0.15;

/** A folder, by its name in the one that is served, and texts. */
interface Job {
  readonly model: string;
  readonly texts: readonly string[];
}

/**
 * Saves models, in floats and compressed, and has each folder answer texts in a page of headless Chromium, where transformers.js is
 * told no more than where folders lie; in Node's transformers.js; and in Python's onnxruntime: the same ids, labels and probabilities
 * as ours.
 */
export async function check(python: string, shared: string | undefined): Promise<string> {
  if (!hasChromium) return 'skipped: npm has no Chromium for this kind of machine';
  await tf.setBackend('cpu');
  const work = fs.mkdtempSync(path.join(os.tmpdir(), 'whittle-browser-'));
  try {
    const jobs = await saveAll(work, {
      toy: await toyModel(),
      ...(shared && { MiniLM: await miniLM(shared) }),
    });
    const lines = await compareAll(python, work, jobs);
    return `labels and ids of Chromium, Node and Python are ours, probabilities within: ${lines.join('; ')}`;
  } finally {
    fs.rmSync(work, { recursive: true });
  }
}

async function saveAll(work: string, models: Readonly<Record<string, TrainedModel>>): Promise<Job[]> {
  const jobs: Job[] = [];
  for (const [about, trained] of Object.entries(models)) {
    const { model, tokenizerFiles, labels, texts } = trained;
    for (const [format, scheme] of Object.entries(SCHEMES)) {
      const folder = `${about}-${format}`;
      const compressed = scheme ? await compress(trained, scheme) : compressedOf(model);
      saveHuggingFace(compressed, path.join(work, folder), { tokenizerFiles, labels });
      jobs.push({ model: folder, texts });
    }
  }
  return jobs;
}

async function compress(trained: TrainedModel, scheme: Scheme): Promise<Compressed> {
  const prepared = prepare(trained.model, scheme);
  try {
    if (scheme.input) await calibrate(prepared, inputsOf(trained));
    return convert(prepared);
  } finally {
    prepared.detach();
  }
}

async function* inputsOf({ texts, tokenizerFiles }: TrainedModel): AsyncIterable<HostTensor[]> {
  const examples = texts.map((text) => ({ text, label: 0 }));
  const options = { batchSize: 32, shuffle: false };
  for await (const { xs } of batchSource(examples, tokenizerOf(tokenizerFiles), options).epoch(0)) yield xs;
}

/** Of each folder how far the three are from us. */
async function compareAll(python: string, work: string, jobs: readonly Job[]): Promise<string[]> {
  const ours: Answer[][] = [];
  for (const { model, texts } of jobs)
    ours.push(await answersOf(loadHuggingFace(path.join(work, model)), texts));
  const pages = await askBrowser(work, jobs);
  const others = [askNode(work, jobs), askOnnxruntime(python, work, jobs, ours)];
  return jobs.map(({ model }, i) => {
    const page = compareAnswers(ours[i]!, pages[i]!, { stepped: hasRanges(model) ? STEPPED : 0 });
    const rest = others.map((answers) => compareAnswers(ours[i]!, answers[i]!));
    return `${model} (${countLabels(ours[i]!)}) ${[page, ...rest].join(', ')}`;
  });
}

async function askBrowser(work: string, jobs: readonly Job[]): Promise<Answer[][]> {
  fs.writeFileSync(path.join(work, 'jobs.json'), JSON.stringify(jobs));
  const modules = path.join(transformersJs(), 'node_modules');
  const server = await servePages({
    models: work,
    page: path.join(__dirname, 'page'),
    transformers: path.join(modules, '@huggingface/transformers/dist'),
    onnxruntime: path.join(modules, 'onnxruntime-web/dist'),
  });
  try {
    return (await postedByPage(server, 'page/classify.html')) as Answer[][];
  } finally {
    server.close();
  }
}

function askNode(work: string, jobs: readonly Job[]): Answer[][] {
  return jobs.map(({ model, texts }) => askTransformersJs(path.join(work, model), texts));
}

function askOnnxruntime(
  python: string,
  work: string,
  jobs: readonly Job[],
  ours: readonly Answer[][],
): Answer[][] {
  const folders = jobs.map(({ model }, i) => ({
    folder: path.join(work, model),
    ids: ours[i]!.map(({ ids }) => ids),
  }));
  return askPython(python, 'saved_onnx.py', work, { jobs: folders }) as Answer[][];
}
