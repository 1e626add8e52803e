import * as path from 'node:path';
import type * as tf from '@tensorflow/tfjs';
import { batchSource } from '../../datasets/batches';
import type { Dataset } from '../../datasets/dataset';
import { readGlue } from '../../datasets/glue';
import { tokenizerOf } from '../../datasets/tokenizer/tokenizer-of';
import { toyTask } from '../../datasets/toy';
import { loadHuggingFace } from '../../lib/export/hugging-face/folder';
import type { TokenizerFiles } from '../../lib/export/hugging-face/tokenizer';
import { bert } from '../../lib/models/bert';
import { softmaxCrossEntropy } from '../../trainers/losses';
import { adamW } from '../../trainers/optimizer';
import { linearWarmup } from '../../trainers/schedules';
import { train } from '../../trainers/trainer';

const SENTENCES = 64;

/** A classifier of two labels that was trained for some seconds: its margins are a model's, if not a good one's. */
export interface TrainedModel {
  readonly model: tf.LayersModel;
  readonly tokenizerFiles: TokenizerFiles;
  readonly labels: readonly string[];
  /** Sentences that it was not trained on. */
  readonly texts: readonly string[];
}

/** A tiny BERT of the toy task. */
export function toyModel(): Promise<TrainedModel> {
  const task = toyTask({ dev: SENTENCES });
  const { vocabulary } = task;
  const sizes = { layers: 2, hiddenSize: 64, heads: 2, maxPositions: 64, labels: 2 };
  const model = bert({ ...sizes, vocabSize: vocabulary.length, seed: 1 });
  return trained(model, task, { vocabulary, lowercase: true }, { steps: 400, peak: 0.002 });
}

/** Three layers of MiniLM, on SST-2. */
export function miniLM(shared: string): Promise<TrainedModel> {
  const [glue, weights] = ['data/glue', 'data/weights/all-MiniLM-L6-v2'].map((at) => path.join(shared, at));
  const { train: examples, dev, labels, ...task } = readGlue('sst2', glue!);
  const { model, tokenizerFiles } = loadHuggingFace(weights!, { layers: 3, labels, seed: 1 });
  const few = { ...task, labels, train: examples.slice(0, 4000), dev: dev.slice(0, SENTENCES) };
  return trained(model, few, tokenizerFiles, { steps: 100, peak: 0.0003 });
}

async function trained(
  model: tf.LayersModel,
  { train: examples, dev, labels }: Dataset,
  tokenizerFiles: TokenizerFiles,
  { steps, peak }: { readonly steps: number; readonly peak: number },
): Promise<TrainedModel> {
  const data = batchSource(examples, tokenizerOf(tokenizerFiles), { batchSize: 32, maxLength: 32 });
  const learningRate = linearWarmup({ peak, warmupSteps: steps / 10, totalSteps: steps });
  await train({ model, data, steps, learningRate, loss: softmaxCrossEntropy, optimizer: adamW() });
  return { model, tokenizerFiles, labels, texts: dev.map(({ text }) => text) };
}
