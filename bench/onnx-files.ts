import { mkdirSync } from 'fs';
import path from 'path';
import * as tf from '@tensorflow/tfjs';
import { calibrate } from '../lib/compress/calibrate';
import { convert } from '../lib/compress/convert';
import { prepare } from '../lib/compress/prepare';
import { dynamicInt8, Scheme, staticInt8, weightOnly } from '../lib/compress/scheme';
import { hostTensor, HostTensor } from '../lib/core/host-tensor';
import { weightsOf } from '../lib/core/weights';
import { loadHuggingFace, saveHuggingFace } from '../lib/export/hugging-face/folder';
import type { TokenizerFiles } from '../lib/export/hugging-face/tokenizer';
import { exportOnnx } from '../lib/export/onnx/export-onnx';
import { bert } from '../lib/models/bert';
import { minMax } from '../lib/quantization/observers/min-max';
import { VOCABULARY } from './sizes';

/** A classifier's Hugging Face folder, for the peers, and our ONNX files of it by name. */
export interface OurFiles {
  readonly folder: string;
  readonly files: Readonly<Record<string, string>>;
}

const SCHEMES: Readonly<Record<string, Scheme>> = {
  'dynamic, ours': dynamicInt8(),
  'static, ours': staticInt8({ input: () => minMax() }),
  'weights alone, ours': weightOnly(),
};

/** Writes a classifier as we do, in floats and quantized. @param model a Hugging Face folder; a random MiniLM-L6 by default. */
export async function ourFiles(out: string, model: string | undefined): Promise<OurFiles> {
  const { model: classifier, tokenizerFiles } = model ? load(model) : randomMiniLM();
  const folder = path.join(out, 'model');
  mkdirSync(out, { recursive: true });
  saveHuggingFace(classifier, folder, { tokenizerFiles, onnx: false });
  const files: Record<string, string> = { 'float, ours': path.join(out, 'ours.onnx') };
  write(classifier, files['float, ours']!);
  for (const [name, scheme] of Object.entries(SCHEMES)) {
    const prepared = prepare(classifier, scheme);
    if (typeof scheme.input === 'function') await calibrate(prepared, [texts(8, 32), texts(8, 32)]);
    files[name] = path.join(out, `${name.replace(/\W+/g, '-')}.onnx`);
    write(convert(prepared), files[name]!);
    prepared.detach();
  }
  return { folder, files };
}

interface Classifier {
  readonly model: tf.LayersModel;
  readonly tokenizerFiles: TokenizerFiles;
}

function load(folder: string): Classifier {
  return loadHuggingFace(folder, { labels: ['no', 'yes'], newClassifier: true, seed: 1 });
}

function randomMiniLM(): Classifier {
  const sizes = { layers: 6, hiddenSize: 384, heads: 12, intermediateSize: 1536 };
  const vocabulary = Array.from({ length: VOCABULARY }, (_, i) => (i === 0 ? '[PAD]' : `piece${i}`));
  const model = bert({ ...sizes, vocabSize: VOCABULARY, labels: 2, seed: 1 });
  for (const { variable, rank } of weightsOf(model)) if (rank === 1) vary(variable); // PyTorch writes equal weights once
  return { model, tokenizerFiles: { vocabulary, lowercase: true } };
}

function vary(variable: tf.Variable): void {
  tf.tidy(() => variable.assign(variable.add(tf.randomNormal(variable.shape, 0, 0.02))));
}

function write(subject: Parameters<typeof exportOnnx>[0], file: string): void {
  exportOnnx(subject, file, {
    inputNames: ['input_ids', 'attention_mask', 'token_type_ids'],
    outputName: 'logits',
    integers: 'int64',
    dropUnused: true,
  });
}

function texts(rows: number, length: number): HostTensor[] {
  const ids = Int32Array.from({ length: rows * length }, () => Math.floor(Math.random() * VOCABULARY));
  return [ids, ids.map(() => 1), ids.map(() => 0)].map((data) => hostTensor(data, [rows, length]));
}
