import * as fs from 'node:fs';
import * as path from 'node:path';
import type * as tf from '@tensorflow/tfjs';
import { cloneModel } from '../../compress/clone';
import { Compressed, compressedOf, expectCurrent, hasCodes } from '../../compress/compressed';
import { writeAtomically, writeFileAtomically } from '../../core/atomic-file';
import { UserError } from '../../core/errors';
import { makeFolder } from '../../core/make-folder';
import { quoted } from '../../core/printable';
import { blankBert } from '../../models/bert';
import { BertConfig, ResolvedBertConfig, resolveBertConfig } from '../../models/bert-config';
import { weightsOf } from '../../core/weights';
import { bertConfigOf } from '../../models/bert-config-of';
import { Problem, usualProblem } from '../../models/problem';
import { expectHard } from '../../pruning/expect-hard';
import { masksOf, setMasks } from '../../pruning/model-masks';
import { loadMasks, saveMasks } from '../../pruning/mask-file';
import { quantizeLayer } from '../../quantization/quantize-layer';
import { fullSize } from '../../structure/full-size';
import { readCodes, StoredCodes, writeCodes } from '../codes-file';
import { readCheckpoint } from './checkpoint';
import { configJson, defaultLabels, readConfig } from './config';
import { huggingFaceFamilies } from './families';
import { huggingFaceOnnx } from './onnx-program';
import { addDecoded, Filled, fillFrom, matchTensors, storedTensors } from './tensors';
import { readTokenizer, TokenizerFiles, writeTokenizer } from './tokenizer';
import { Dtype, dtypeOf, ONNX_FILES } from '../onnx/files';
import { writeSafetensors } from '../safetensors';

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
  /** Of attention probabilities; the folder's by default. */
  readonly attentionDropout?: number;
  /** Of the weights that the folder does not have; 0 by default. */
  readonly seed?: number;
  /**
   * Take the codes of a compressed model, where the folder has them: it answers as it did when it was scored. Off, the model is one of
   * floats, to train on. Default true.
   */
  readonly codes?: boolean;
}

/** A model read from a Hugging Face folder; the caller owns it. */
export interface LoadedHuggingFace extends Filled, Compressed {
  /** Of the model as it is, after `layers` and `labels`. */
  readonly config: ResolvedBertConfig;
  /** Names of the outputs. */
  readonly labels: readonly string[];
  /** For `tokenizerOf`, and for `saveHuggingFace`. */
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
  const { bert, names } = readConfig(folder);
  const tokenizerFiles = readTokenizer(folder);
  const checkpoint = readCheckpoint(folder);
  expectInProportion(bert, checkpoint, folder);
  const config = resolveBertConfig(choose(bert, options, folder));
  checkVocabulary(tokenizerFiles, config, folder);
  const stored = readCodes(path.join(folder, CODES));
  const tensors = addDecoded(checkpoint, stored?.weights ?? new Map(), config.family, folder);
  const { newClassifier = false, codes = true } = options;
  const match = matchTensors(tensors, { config, newClassifier, folder });
  const labels = options.labels ?? names ?? namesOfCount(config, match, folder);
  const blank = blankBert(config);
  const model = codes && stored ? withQuantizeLayers(blank, stored, folder) : blank;
  try {
    fillFrom(match, model, config);
    const { fresh, ignored } = match;
    const weights = keptOf(codes && stored ? stored.weights : new Map(), model, fresh);
    loadMasksOf(model, folder, fresh);
    return {
      model,
      weights,
      skipped: [],
      config,
      labels,
      tokenizerFiles,
      fresh,
      ignored,
    };
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** Each layer has tensors: of more layers than tensors not even a list is made. */
function expectInProportion(
  { layers }: BertConfig,
  tensors: ReadonlyMap<string, unknown>,
  folder: string,
): void {
  if (layers <= tensors.size) return;
  throw new UserError(
    `Expected at most as many layers in config.json as there are tensors in ${folder}, ${tensors.size}, got ${layers}; the two are not ` +
      'of one model.',
  );
}

/** Names for a number of labels: of a classifier that starts anew nothing but its number says how large it is to be. */
function namesOfCount(
  { labels, vocabSize }: ResolvedBertConfig,
  { fresh }: Filled,
  folder: string,
): string[] {
  if (labels <= vocabSize || !fresh.includes('classifier/kernel')) return defaultLabels(labels);
  throw new UserError(
    `Expected at most as many labels in config.json of ${folder} as pieces, ${vocabSize}, where it has no classifier, got ${labels}; ` +
      'give `labels`.',
  );
}

const CODES = 'codes.safetensors';
const MASKS = 'masks.safetensors';

function withQuantizeLayers(blank: tf.LayersModel, { inputs }: StoredCodes, folder: string): tf.LayersModel {
  try {
    const layers = inputs.map(({ before, ...options }) => ({ before, layer: quantizeLayer(options) }));
    return cloneModel(blank, {
      before: ({ name }) => layers.find(({ before }) => before.includes(name))?.layer,
    }).model;
  } catch (error) {
    throw new UserError(
      `Expected quantized inputs that a model can have in ${path.join(folder, CODES)}, but ${quoted((error as Error).message)}; ` +
        'save the model again.',
      { cause: error },
    );
  } finally {
    blank.dispose();
  }
}

/** Puts back the masks that the folder has. */
function loadMasksOf(model: tf.LayersModel, folder: string, fresh: readonly string[]): void {
  const file = path.join(folder, MASKS);
  if (fs.existsSync(file)) setMasks(model, keptOf(loadMasks(file), model, fresh));
}

/** What there is of weights that the model has, but for those that start anew. */
function keptOf<T>(
  stored: ReadonlyMap<string, T>,
  model: tf.LayersModel,
  fresh: readonly string[],
): Map<string, T> {
  const paths = new Set(weightsOf(model).map(({ path: weight }) => weight));
  return new Map([...stored].filter(([weight]) => paths.has(weight) && !fresh.includes(weight)));
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
  const first = (sizes: number | readonly number[]) =>
    typeof sizes === 'number' ? sizes : sizes.slice(0, layers);
  return {
    ...bert,
    layers,
    heads: first(bert.heads),
    intermediateSize: bert.intermediateSize === undefined ? undefined : first(bert.intermediateSize),
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
  /** What `loadHuggingFace` gave, or what `pruneVocabulary` made of it. */
  readonly tokenizerFiles: TokenizerFiles;
  /** Names of the outputs; LABEL_0, … by default. */
  readonly labels?: readonly string[];
  /** Write ONNX files too; true by default. */
  readonly onnx?: boolean;
  /**
   * Write what codes stand for, too: into `model.safetensors`, for Python's transformers, and as `onnx/model.onnx`; true by default.
   * Without, `model.safetensors` holds only what has no codes, so that transformers cannot load it, and a compressed model has but its
   * compressed ONNX file.
   */
  readonly floats?: boolean;
  /**
   * Write a model whose layers lost heads or neurons in full size, zeros in their place: the same function for Python's transformers, which
   * reads no layers of different sizes. Default false: its `config.json` has lists of heads and widths, which only `loadHuggingFace` reads.
   */
  readonly zeros?: boolean;
}

/**
 * Saves a BERT as a Hugging Face folder of its own family, which `loadHuggingFace` and Python's transformers load: `config.json`,
 * `model.safetensors`, `vocab.txt`, `tokenizer.json` and what belongs to it, and for transformers.js (`pipeline('text-classification',
 * folder)`, in Node or a browser) and other programs `onnx/model.onnx`. A compressed model's codes lie beside, in `codes.safetensors`, and
 * its compressed ONNX file under the name that transformers.js knows for the narrowest width that a weight is stored in:
 * `onnx/model_quantized.onnx` for 8 bits, `_q4` for 4, `_q2` for 2, `_fp16` for 16. `config.json` says which file that is (`transformers.js_config`), so
 * that it is the one to be run; `{ dtype: 'fp32' }` runs the floats. A pruned model's masks lie in `masks.safetensors`;
 * `report(…, { folder })` tells what each file takes. Where layers have lost heads or neurons (`shrink`), `config.json` holds a list of their
 * numbers, and Python's transformers cannot read it: `{ zeros: true }` writes the same function in full size. What is attached to a model is not saved: convert it first, or make its latent masks
 * hard (`hardenMasks`).
 *
 * @param subject a model, or what `convert` returns.
 * @param folder made if it is not there; files of these names in it are overwritten, and those of them that this model does not have
 *   removed.
 * @throws UserError, before anything is written, if the model was not built by `bert`, the labels are not as many as its outputs, a mask is
 *   latent, no ONNX file can hold it, or a compressed model is to be written with zeros.
 */
export function saveHuggingFace(
  subject: tf.LayersModel | Compressed,
  folder: string,
  options: SaveHuggingFaceOptions,
): void {
  if (options.zeros) return saveFullSize(subject, folder, options);
  const compressed = compressedOf(subject);
  expectCurrent(compressed);
  const { model, weights } = compressed;
  expectHard(model);
  const config = bertConfigOf(model);
  const labels = options.labels ?? defaultLabels(config.labels);
  if (labels.length !== config.labels) {
    throw new UserError(`Expected ${config.labels} label(s), one for each output, got ${labels.length}.`);
  }
  const { floats = true, onnx = true } = options;
  const json = configJson(config, labels, onnx ? dtypeOf(compressed) : undefined);
  const programs = onnx ? huggingFaceOnnx(compressed, floats) : new Map<Dtype, Uint8Array>(); // before anything is written: it may be refused
  const file = (name: string) => path.join(folder, name);
  makeFolder(folder);
  writeFileAtomically(file('config.json'), `${JSON.stringify(json, null, 2)}\n`);
  writeTokenizer(folder, options.tokenizerFiles, config.maxPositions);
  const left = floats ? [] : [...weights.keys()];
  const tensors = storedTensors(model, huggingFaceFamilies[config.family], left);
  writeAtomically(file('model.safetensors'), (part) => writeSafetensors(part, tensors, { format: 'pt' }));
  const masks = masksOf(model);
  writeOrRemove(file(CODES), hasCodes(compressed), (name) => writeCodes(name, compressed));
  writeOrRemove(file(MASKS), masks.size > 0, (name) => saveMasks(name, masks));
  for (const [dtype, place] of Object.entries(ONNX_FILES)) {
    const bytes = programs.get(dtype as Dtype);
    writeOrRemove(file(place), bytes !== undefined, (name) =>
      writeAtomically(name, (part) => fs.writeFileSync(part, bytes!)),
    );
  }
}

function saveFullSize(
  subject: tf.LayersModel | Compressed,
  folder: string,
  options: SaveHuggingFaceOptions,
): void {
  const { model, ...compressed } = compressedOf(subject);
  if (hasCodes({ model, ...compressed })) {
    throw new UserError(
      `Expected a model of floats to save with zeros, got the compressed "${model.name}"; save the model that it was made from.`,
    );
  }
  const full = fullSize(model);
  try {
    saveHuggingFace(full, folder, { ...options, zeros: false });
  } finally {
    full.dispose();
  }
}

/** A file of an earlier model in the folder would be read with this one. */
function writeOrRemove(file: string, isNeeded: boolean, write: (file: string) => void): void {
  if (isNeeded) write(file);
  else fs.rmSync(file, { force: true });
}
