import { createInterface } from 'readline';
import * as tf from '@tensorflow/tfjs';
import { hostTensor } from '../lib/core/host-tensor';
import { bert } from '../lib/models/bert';
import { prepare } from '../lib/compress/prepare';
import { lsq, staticInt8 } from '../lib/compress/scheme';
import { Batch } from '../datasets/batch';
import { EngineFactory } from '../trainers/engine';
import { compiledEngine } from '../trainers/engines/compiled';
import { eagerEngine } from '../trainers/engines/eager';
import { softmaxCrossEntropy } from '../trainers/losses';
import { adamW } from '../trainers/optimizer';
import { parametersOf } from '../trainers/parameters';
import { products, Step } from './products';
import { hooksOf, pruningFor } from './pruning';
import { VOCABULARY, WorkerOptions, WorkerReport } from './sizes';

/** Trains a BERT with Whittle, so many steps per line of standard input; prints their milliseconds as JSON. */
async function main(options: WorkerOptions): Promise<void> {
  await tf.setBackend('cpu');
  const step = options.kind === 'products' ? await products(options) : await training(options);
  for await (const line of createInterface({ input: process.stdin })) {
    const times: number[] = [];
    for (let i = 0; i < Number(line); i++) times.push(await step());
    const report: WorkerReport = { times, peakMegabytes: process.resourceUsage().maxRSS / 1024 };
    console.log(JSON.stringify(report));
  }
}

async function training(options: WorkerOptions): Promise<Step> {
  const { layers, width: hiddenSize, heads, dropout } = options;
  const model = bert({
    vocabSize: VOCABULARY,
    layers,
    hiddenSize,
    heads,
    dropout,
    attentionDropout: dropout,
  });
  if (options.kind === 'qat') prepare(model, staticInt8());
  if (options.kind === 'lsq') prepare(model, lsq());
  const pruned = pruningFor(options.kind, model);
  const optimizer = adamW({ weightDecay: 0.01 });
  const parameters = parametersOf(model, { slots: optimizer.slots });
  const engine = await engineOf(options)(model, parameters, softmaxCrossEntropy);
  const call = pruned && (await hooksOf(pruned, { model, parameters, engine }));
  let step = 0;
  return async () => {
    const batch = randomBatch(options);
    const begin = performance.now();
    await call?.('onStepBegin', step);
    step++;
    await engine.gradients(batch, { accumulate: false, clock: { seed: 0, tick: step } });
    await call?.('onGradients', step - 1);
    optimizer.apply(parameters, { learningRate: 1e-4, step, clipNorm: 1, accumulated: 1 });
    await call?.('onStepEnd', step);
    return performance.now() - begin;
  };
}

function engineOf({ kind, threads, provider }: WorkerOptions): EngineFactory {
  return kind === 'eager-wasm' ? eagerEngine({ backend: 'wasm' }) : compiledEngine({ threads, provider });
}

/** Rows of different lengths, so that the attention mask is real. */
function randomBatch({ batch, length }: WorkerOptions): Batch {
  const ids = Int32Array.from({ length: batch * length }, () => Math.floor(Math.random() * VOCABULARY));
  const lengthOf = (row: number): number =>
    length - (length >> 2) + Math.floor((row * (length >> 2)) / batch);
  const mask = ids.map((_, i) => (i % length < lengthOf(Math.floor(i / length)) ? 1 : 0));
  const shape = [batch, length];
  const xs = [ids, mask, new Int32Array(batch * length)].map((data) => hostTensor(data, shape));
  const ys = hostTensor(
    Int32Array.from({ length: batch }, (_, row) => ids[row * length]! % 2),
    [batch],
  );
  return { xs, ys, size: batch };
}

void main(JSON.parse(process.argv[2]!) as WorkerOptions);
