import * as fs from 'node:fs';
import * as path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { UserError } from '../core/errors';
import { HostTensor, hostTensor } from '../core/host-tensor';
import { Weight, weightsOf } from '../core/weights';
import { blankBert } from '../models/bert';
import { BertConfig, ResolvedBertConfig, resolveBertConfig } from '../models/bert-config';
import { bertConfigOf } from '../models/bert-config-of';
import { truncatedNormal } from '../models/initializer';
import { readCheckpoint } from './hugging-face-checkpoint';
import { configJson, defaultLabels, readConfig } from './hugging-face-config';
import { canonicalName, isTransposed, storedName } from './hugging-face-names';
import { readTokenizer, TokenizerFiles, writeTokenizer } from './hugging-face-tokenizer';
import { writeSafetensors } from './safetensors';

/** Options of `loadHuggingFace`. */
export interface LoadHuggingFaceOptions {
  /** Keep the first so many encoder layers only; all by default. */
  readonly layers?: number;
  /** Names of the classes, one for a regression; those of the folder by default. */
  readonly labels?: readonly string[];
  /** Start a new classifier even if the folder has one; false by default. */
  readonly newClassifier?: boolean;
  /** Dropout rates; those of the folder by default. */
  readonly dropout?: number;
  readonly attentionDropout?: number;
  /** Of the weights that the folder does not have; 0 by default. */
  readonly seed?: number;
}

/** A model read from a Hugging Face folder. */
export interface LoadedHuggingFace {
  /** The caller owns it. */
  readonly model: tf.LayersModel;
  readonly config: ResolvedBertConfig;
  /** Names of the classes. */
  readonly labels: readonly string[];
  readonly tokenizerFiles: TokenizerFiles;
  /** Paths of the weights that the folder does not have: kernels are drawn from `seed`, biases are 0. */
  readonly fresh: readonly string[];
  /** Names of the folder's tensors that the model has no use for. */
  readonly ignored: readonly string[];
}

/**
 * Loads a BERT from a Hugging Face folder (`config.json`, `model.safetensors` or its shards, `vocab.txt`), with or without a
 * classifier and pooler: what is missing of those two starts anew and is listed in `fresh`.
 *
 * @throws UserError for a missing or damaged file, another architecture, and tensors that are missing or have another shape
 *   than `config.json` says, by name.
 *
 * @example const { model, tokenizerFiles } = loadHuggingFace('all-MiniLM-L6-v2', { layers: 3, labels: ['bad', 'good'], seed: 1 });
 */
export function loadHuggingFace(folder: string, options: LoadHuggingFaceOptions = {}): LoadedHuggingFace {
  const { bert, labels } = readConfig(folder);
  const tokenizerFiles = readTokenizer(folder);
  const config = resolveBertConfig(choose(bert, options, folder));
  checkVocabulary(tokenizerFiles, config, folder);
  const tensors = readTensors(folder, options.newClassifier ?? false);
  const model = blankBert(config);
  try {
    const { fresh, ignored } = fill(model, tensors, config, folder);
    return { model, config, labels: options.labels ?? labels, tokenizerFiles, fresh, ignored };
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** Gives every weight its value: from the tensors, or a first one. */
function fill(
  model: tf.LayersModel,
  tensors: ReadonlyMap<string, HostTensor>,
  config: ResolvedBertConfig,
  folder: string,
): Pick<LoadedHuggingFace, 'fresh' | 'ignored'> {
  const weights = weightsOf(model);
  const fresh = freshWeights(weights, tensors);
  checkTensors(
    weights.filter(({ path }) => !fresh.has(path)),
    tensors,
    folder,
  );
  for (const weight of weights) {
    assign(weight, fresh.has(weight.path) ? draw(weight, config) : take(weight, tensors));
  }
  const used = new Set(weights.map(({ path }) => storedName(path)));
  return { fresh: [...fresh], ignored: [...tensors.keys()].filter((name) => !used.has(name)) };
}

function choose(bert: BertConfig, options: LoadHuggingFaceOptions, folder: string): BertConfig {
  const { layers = bert.layers, labels, seed } = options;
  if (!(layers <= bert.layers)) {
    throw new UserError(
      `Expected at most the ${bert.layers} layers of ${folder}, got ${layers}; choose fewer.`,
    );
  }
  return {
    ...bert,
    layers,
    seed,
    labels: labels?.length ?? bert.labels,
    regression: (labels?.length ?? bert.labels) === 1,
    dropout: options.dropout ?? bert.dropout,
    classifierDropout: options.dropout ?? bert.classifierDropout,
    attentionDropout: options.attentionDropout ?? bert.attentionDropout,
  };
}

function checkVocabulary(
  { vocabulary }: TokenizerFiles,
  { vocabSize }: ResolvedBertConfig,
  folder: string,
): void {
  if (vocabulary.length <= vocabSize) return;
  throw new UserError(
    `Expected at most ${vocabSize} pieces (vocab_size in config.json) in ${path.join(folder, 'vocab.txt')}, got ` +
      `${vocabulary.length}; the two files are not of one model.`,
  );
}

/** The tensors by the names that transformers gives them today. */
function readTensors(folder: string, newClassifier: boolean): Map<string, HostTensor> {
  const stored = readCheckpoint(folder);
  const tensors = new Map([...stored].map(([name, tensor]) => [canonicalName(name), tensor]));
  tensors.delete('bert.embeddings.position_ids'); // 0 … 511, which old releases stored
  if (newClassifier) ['classifier.weight', 'classifier.bias'].forEach((name) => tensors.delete(name));
  return tensors;
}

/** Paths of pooler and classifier, as far as nothing of them is stored. */
function freshWeights(weights: readonly Weight[], tensors: ReadonlyMap<string, HostTensor>): Set<string> {
  const heads = ['pooler', 'classifier'].map((name) =>
    weights.filter(({ path }) => path.startsWith(`${name}/`)),
  );
  const missing = heads.filter((head) => !head.some(({ path }) => tensors.has(storedName(path))));
  return new Set(missing.flat().map(({ path }) => path));
}

function checkTensors(
  weights: readonly Weight[],
  tensors: ReadonlyMap<string, HostTensor>,
  folder: string,
): void {
  const problems = weights.flatMap(({ path, variable }) => {
    const name = storedName(path);
    const shape = isTransposed(path) ? [...variable.shape].reverse() : variable.shape;
    const tensor = tensors.get(name);
    if (!tensor) return [`${name} is missing`];
    if (tensor.dtype === 'float32' && tensor.shape.join() === shape.join()) return [];
    return [
      `${name} is ${tensor.dtype} [${tensor.shape.join(', ')}] instead of float32 [${shape.join(', ')}]`,
    ];
  });
  if (problems.length === 0) return;
  const more = problems.length > 4 ? `, and ${problems.length - 4} more` : '';
  const hint = problems.every((problem) => problem.startsWith('classifier'))
    ? 'the labels differ, so ask for a new classifier'
    : 'config.json and model.safetensors are not of one BERT';
  throw new UserError(
    `Expected the tensors that config.json describes in ${folder}, but ${problems.slice(0, 4).join(', ')}${more}; ${hint}.`,
  );
}

function take({ path, variable }: Weight, tensors: ReadonlyMap<string, HostTensor>): tf.Tensor {
  const { data, shape } = tensors.get(storedName(path))!;
  const values = isTransposed(path) ? transpose(data as Float32Array, shape) : data;
  return tf.tensor(values, variable.shape, 'float32');
}

function draw({ path, variable }: Weight, { initializerRange: stddev, seed }: ResolvedBertConfig): tf.Tensor {
  return isTransposed(path)
    ? truncatedNormal({ stddev, seed, path }).apply(variable.shape)
    : tf.zeros(variable.shape);
}

function assign({ variable }: Weight, value: tf.Tensor): void {
  variable.assign(value);
  value.dispose();
}

/** [rows, columns] → [columns, rows] */
function transpose(values: Float32Array, shape: readonly number[]): Float32Array {
  const [rows, columns] = shape as [number, number];
  const transposed = new Float32Array(values.length);
  for (let row = 0, i = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) transposed[column * rows + row] = values[i++]!;
  }
  return transposed;
}

/** Options of `saveHuggingFace`. */
export interface SaveHuggingFaceOptions {
  readonly tokenizerFiles: TokenizerFiles;
  /** Names of the classes; LABEL_0, … by default. */
  readonly labels?: readonly string[];
}

/**
 * Saves a BERT as a Hugging Face folder, which `loadHuggingFace` and Python's transformers load: `config.json`,
 * `model.safetensors`, `vocab.txt`, `tokenizer_config.json`. What is attached to the model is not saved: convert it first.
 *
 * @param folder made if it is not there; files of these names in it are overwritten.
 * @throws UserError if the model was not built by `bert`, its layers differ in size, or the labels are not as many as its outputs.
 */
export function saveHuggingFace(
  model: tf.LayersModel,
  folder: string,
  options: SaveHuggingFaceOptions,
): void {
  const config = bertConfigOf(model);
  const labels = options.labels ?? defaultLabels(config.labels);
  if (labels.length !== config.labels) {
    throw new UserError(`Expected ${config.labels} label(s), one for each output, got ${labels.length}.`);
  }
  const json = configJson(config, labels);
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, 'config.json'), `${JSON.stringify(json, null, 2)}\n`);
  writeTokenizer(folder, options.tokenizerFiles, config.maxPositions);
  const tensors = new Map(weightsOf(model).map((weight) => [storedName(weight.path), give(weight)]));
  writeSafetensors(path.join(folder, 'model.safetensors'), tensors, { format: 'pt' });
}

function give({ path, variable }: Weight): HostTensor {
  const values = variable.dataSync<'float32'>();
  if (!isTransposed(path)) return hostTensor(values, variable.shape);
  return hostTensor(transpose(values, variable.shape), [...variable.shape].reverse());
}
