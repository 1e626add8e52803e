import type * as tf from '@tensorflow/tfjs';
import type { Dataset } from '../datasets/dataset';
import { UserError } from '../lib/core/errors';
import { loadHuggingFace, LoadHuggingFaceOptions } from '../lib/export/hugging-face/folder';
import { readTokenizer, TokenizerFiles } from '../lib/export/hugging-face/tokenizer';
import { bert } from '../lib/models/bert';
import { bertSizes, ResolvedBertConfig, resolveBertConfig } from '../lib/models/bert-config';
import { expectTrained } from './answers';
import type { TrainingOptions } from './options';

/** Models by seed, and the vocabulary that they read. */
export interface Models {
  /** What is trained: pretrained, but for its classifier, where the options name a model. */
  readonly model: (seed: number) => tf.LayersModel;
  /** The same architecture with random weights. */
  readonly randomModel: (seed: number) => tf.LayersModel;
  /** Their architecture. */
  readonly config: ResolvedBertConfig;
  readonly tokenizerFiles: TokenizerFiles;
  /** What was left out of a checkpoint, and what it did not have. */
  readonly notes: readonly string[];
}

/**
 * First weights of about 1/√width, as for any network trained from scratch: from BERT's 0.02, made for long pretraining, most of a
 * short training passes before the loss moves. Nor does a task without noise need dropout.
 */
const FROM_SCRATCH = { initializerRange: 0.09, dropout: 0, attentionDropout: 0 };

/** An ONNX file is made of traces at several lengths, which fewer positions leave no room for. */
const LEAST_POSITIONS = 6;

/**
 * What a model that is trained from scratch, to read so many pieces, is made with.
 *
 * @throws UserError for fewer than a model can be saved with.
 */
export function fromScratch(maxLength: number) {
  if (maxLength >= LEAST_POSITIONS) return { ...FROM_SCRATCH, maxPositions: maxLength };
  throw new UserError(
    `Expected --max-length of at least ${LEAST_POSITIONS} for a new model, which cannot be saved with fewer, got ${maxLength}.`,
  );
}

/**
 * The Hugging Face model that the options name, or else a tiny BERT for the task's own vocabulary.
 *
 * @param dataset names of the outputs, and what they are.
 * @param vocabulary the task's own pieces, if it has some.
 */
export function modelsOf(
  options: TrainingOptions,
  { labels, problem = 'single-label' }: Pick<Dataset, 'labels' | 'problem'>,
  vocabulary?: readonly string[],
): Models {
  if (options.epochs === 0 && options.model === undefined) {
    throw new UserError('Expected --model <trained folder> with --epochs 0, which trains nothing, got none.');
  }
  if (options.model !== undefined) return pretrained(options.model, options, { labels, problem });
  if (vocabulary === undefined) throw needsModel(options);
  const config = resolveBertConfig({
    ...bertSizes.tiny,
    ...fromScratch(options.maxLength),
    layers: options.layers ?? bertSizes.tiny.layers,
    vocabSize: vocabulary.length,
    labels: labels.length,
    problem,
  });
  const random = (seed: number) => bert({ ...config, seed });
  return {
    model: random,
    randomModel: random,
    config,
    tokenizerFiles: { vocabulary, lowercase: true },
    notes: [],
  };
}

/** What to say where real sentences come without a model that can read them. */
export function needsModel({ data, task }: TrainingOptions): UserError {
  const source = data === undefined ? `--task ${task}` : '--data';
  return new UserError(
    `Expected --model <Hugging Face folder or name> for ${source}: its vocabulary is needed to read real sentences.`,
  );
}

function pretrained(
  folder: string,
  { layers, maxLength, epochs }: TrainingOptions,
  outputs: Pick<LoadHuggingFaceOptions, 'labels' | 'problem'>,
): Models {
  const load = (seed: number) =>
    loadHuggingFace(folder, { layers, ...outputs, newClassifier: epochs > 0, seed, codes: false });
  const loaded = load(0); // fails now rather than in a run folder
  const { model, config, fresh, ignored } = loaded;
  model.dispose();
  if (epochs === 0) expectTrained(loaded, folder);
  if (maxLength > config.maxPositions) {
    throw new UserError(
      `Expected --max-length of at most the ${config.maxPositions} positions of ${folder}, got ${maxLength}.`,
    );
  }
  return {
    model: (seed) => load(seed).model,
    randomModel: (seed) => bert({ ...config, seed }),
    config,
    tokenizerFiles: readTokenizer(folder),
    notes: [...listed('new weights', fresh), ...listed('tensors left out', ignored)],
  };
}

/** `new weights: classifier/kernel, classifier/bias` */
function listed(what: string, names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const more = names.length > LISTED ? `, and ${names.length - LISTED} more` : '';
  return [`${what}: ${names.slice(0, LISTED).join(', ')}${more}`];
}

/** Names of weights in a line. */
const LISTED = 4;
