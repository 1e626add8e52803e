import * as fs from 'node:fs';
import * as path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { HostTensor } from '../../lib/core/host-tensor';
import { weightsOf } from '../../lib/core/weights';
import { saveHuggingFace } from '../../lib/export/hugging-face/folder';
import { readSafetensors, writeSafetensors } from '../../lib/export/safetensors';
import { bert } from '../../lib/models/bert';
import { BertConfig } from '../../lib/models/bert-config';

export const small: BertConfig = {
  vocabSize: 9,
  layers: 2,
  hiddenSize: 8,
  heads: 2,
  intermediateSize: 12,
  maxPositions: 6,
  labels: 3,
  dropout: 0.2,
  epsilon: 1e-6,
  initializerRange: 0.5,
  seed: 1,
};
export const tokenizerFiles = {
  vocabulary: ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', 'a', 'b', 'ü'],
  lowercase: false,
};
export const labels = ['no', 'yes', 'maybe'];

/** A model whose biases and norms are not 0 and 1. */
function trained(config: BertConfig = small): tf.LayersModel {
  const model = bert(config);
  weightsOf(model).forEach(({ variable }, i) =>
    variable.assign(variable.add(tf.randomNormal(variable.shape, 0, 0.1, 'float32', i + 1))),
  );
  return model;
}

/** A folder of such a model. */
export function save(folder: string, config?: BertConfig): tf.LayersModel {
  const model = trained(config);
  saveHuggingFace(model, folder, { tokenizerFiles, labels: labels.slice(0, config?.labels ?? 3) });
  return model;
}

/** Changes the stored tensors. */
export function edit(
  folder: string,
  change: (tensors: Map<string, HostTensor>) => Iterable<[string, HostTensor]> | void,
): void {
  const file = path.join(folder, 'model.safetensors');
  const tensors = readSafetensors(file);
  writeSafetensors(file, new Map(change(tensors) ?? tensors));
}

/** Changes fields of `config.json`. */
export function editConfig(folder: string, change: object): void {
  const file = path.join(folder, 'config.json');
  fs.writeFileSync(file, JSON.stringify({ ...JSON.parse(fs.readFileSync(file, 'utf8')), ...change }));
}
