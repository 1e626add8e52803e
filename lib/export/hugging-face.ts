import * as fs from 'node:fs';
import * as path from 'node:path';
import type * as tf from '@tensorflow/tfjs';
import { UserError } from '../core/errors';
import { blankBert } from '../models/bert';
import { BertConfig, ResolvedBertConfig, resolveBertConfig } from '../models/bert-config';
import { bertConfigOf } from '../models/bert-config-of';
import { Problem, usualProblem } from '../models/problem';
import { readCheckpoint } from './hugging-face-checkpoint';
import { configJson, defaultLabels, readConfig } from './hugging-face-config';
import { huggingFaceFamilies } from './hugging-face-families';
import { saveHuggingFaceOnnx } from './hugging-face-onnx';
import { Filled, fillFrom, storedTensors } from './hugging-face-tensors';
import { readTokenizer, TokenizerFiles, writeTokenizer } from './hugging-face-tokenizer';
import { writeSafetensors } from './safetensors';

/** Options of `loadHuggingFace`. */
export interface LoadHuggingFaceOptions {
  /** Keep the first so many encoder layers only; all by default. */
  readonly layers?: number;
  /** Names of the outputs: classes, labels or numbers; those of the folder by default. */
  readonly labels?: readonly string[];
  /** What the outputs are; by default what they are in the folder, or, of another number, a number if it is one and classes if several. */
  readonly problem?: Problem;
  /** Start a new classifier even if the folder has one; false by default. */
  readonly newClassifier?: boolean;
  /** Dropout rates; those of the folder by default. */
  readonly dropout?: number;
  readonly attentionDropout?: number;
  /** Of the weights that the folder does not have; 0 by default. */
  readonly seed?: number;
}

/** A model read from a Hugging Face folder. */
export interface LoadedHuggingFace extends Filled {
  /** The caller owns it. */
  readonly model: tf.LayersModel;
  readonly config: ResolvedBertConfig;
  /** Names of the outputs. */
  readonly labels: readonly string[];
  readonly tokenizerFiles: TokenizerFiles;
}

/**
 * Loads a BERT, DistilBERT, RoBERTa or ELECTRA from a Hugging Face folder (`config.json`, `model.safetensors` or its shards, and a
 * vocabulary), with or without a classifier and pooler: what is missing of those two starts anew and is listed in `fresh`.
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
  const tensors = readCheckpoint(folder);
  const model = blankBert(config);
  try {
    const { newClassifier = false } = options;
    const filled = fillFrom(tensors, model, { config, newClassifier, folder });
    return { model, config, labels: options.labels ?? labels, tokenizerFiles, ...filled };
  } catch (error) {
    model.dispose();
    throw error;
  }
}

function choose(bert: BertConfig, options: LoadHuggingFaceOptions, folder: string): BertConfig {
  const { layers = bert.layers, seed } = options;
  const labels = options.labels?.length ?? bert.labels!;
  const problem = labels === bert.labels ? bert.problem : usualProblem(labels);
  if (!(layers <= bert.layers)) {
    throw new UserError(
      `Expected at most the ${bert.layers} layers of ${folder}, got ${layers}; choose fewer.`,
    );
  }
  return {
    ...bert,
    layers,
    seed,
    labels,
    problem: options.problem ?? problem,
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
    `Expected at most ${vocabSize} pieces (vocab_size in config.json) in the vocabulary of ${folder}, got ` +
      `${vocabulary.length}; the two are not of one model.`,
  );
}

/** Options of `saveHuggingFace`. */
export interface SaveHuggingFaceOptions {
  readonly tokenizerFiles: TokenizerFiles;
  /** Names of the outputs; LABEL_0, … by default. */
  readonly labels?: readonly string[];
  /** Write `onnx/model.onnx` too; true by default. */
  readonly onnx?: boolean;
}

/**
 * Saves a BERT as a Hugging Face folder of its own family, which `loadHuggingFace` and Python's transformers load: `config.json`,
 * `model.safetensors`, `vocab.txt`, `tokenizer.json` and what belongs to it, and for transformers.js (`pipeline('text-classification',
 * folder)`) and other programs `onnx/model.onnx`. What is attached to the model is not saved: convert it first.
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
  const tensors = storedTensors(model, huggingFaceFamilies[config.family]);
  writeSafetensors(path.join(folder, 'model.safetensors'), tensors, { format: 'pt' });
  if (options.onnx ?? true) saveHuggingFaceOnnx(model, folder);
}
