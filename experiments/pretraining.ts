import type * as tf from '@tensorflow/tfjs';
import { maskedLanguageSource, NOTHING, packLines } from '../datasets/masked-language';
import type { Tokenizer } from '../datasets/tokenizer/tokenizer';
import { tokenizerOf } from '../datasets/tokenizer/tokenizer-of';
import { textLines } from '../datasets/text-lines';
import { buildVocabulary } from '../datasets/tokenizer/vocabulary';
import { compressedOf } from '../lib/compress/compressed';
import { UserError } from '../lib/core/errors';
import { loadHuggingFace, saveHuggingFace } from '../lib/export/hugging-face/folder';
import { readTokenizer, TokenizerFiles } from '../lib/export/hugging-face/tokenizer';
import { bert } from '../lib/models/bert';
import { bertSizes } from '../lib/models/bert-config';
import { bertConfigOf } from '../lib/models/bert-config-of';
import { maskedLanguageModel } from '../lib/models/masked-language-model';
import { hiddenWordsAccuracy } from '../trainers/hidden-words-accuracy';
import { hiddenWordsCrossEntropy } from '../trainers/losses';
import { majorityScore, metrics } from '../trainers/metrics';
import { fromScratch } from './models';
import type { TrainingOptions } from './options';
import { dataOf, recipeOf, Task } from './task';

/** The options that only pretraining has. */
export interface PretrainingOptions {
  /** Of a BERT from scratch. */
  readonly size: keyof typeof bertSizes;
  /** Pieces of a vocabulary made from the text, at most. */
  readonly vocabSize: number;
}

/** Every twentieth sequence is held out to evaluate on, and no more than these: their predictions are kept all at once. */
const HELD_OUT = { every: 20, most: 128 };

/**
 * Pretraining as a task: the text in sequences, and a BERT that guesses hidden words, from a folder or from scratch with a
 * vocabulary made from the text.
 *
 * @throws UserError for a text that is missing or empty, and for a teacher and a metric, which are about something else.
 */
export async function openPretraining(options: TrainingOptions & PretrainingOptions): Promise<Task> {
  if (options.teacher !== undefined) {
    throw new UserError(
      'Expected no --teacher in pretraining, whose hidden words need none; give it to a later script.',
    );
  }
  if (options.metric !== undefined) {
    throw new UserError(
      `Expected no --metric in pretraining, which hidden words decide, got ${options.metric}; leave it out.`,
    );
  }
  const text = await textOf(options);
  const files = tokenizerFilesOf(options, text);
  const tokenizer = tokenizerOf(files);
  const { train, dev } = holdOut(packLines(text.lines, tokenizer, options.maxLength));
  const model = modelOf(options, files);
  const source = (sequences: readonly Int32Array[], seed: number, shuffle: boolean) =>
    maskedLanguageSource(sequences, tokenizer, { batchSize: options.batchSize, seed, shuffle });
  const constant = await constantAccuracy(dev, tokenizer);
  const setup = {
    ...recipeOf(options, train.length),
    model: (seed: number) => wordsModel(model(seed)),
    data: (seed: number) => source(train, seed, true),
    dev: source(dev, 0, false),
    loss: hiddenWordsCrossEntropy,
    metrics: { accuracy: hiddenWordsAccuracy },
  };
  return {
    dataset: { name: text.name, metric: 'accuracy' },
    setup,
    randomModel: setup.model,
    majority: constant,
    baselines: [{ name: 'most frequent piece', scores: { accuracy: constant } }],
    description: [
      `${text.name}: ${train.length} sequences to train on, ${dev.length} to evaluate on; which words are hidden?`,
      describeModel(model, options),
    ],
    save: (words, folder) =>
      saveHuggingFace(classifiers.get(compressedOf(words).model)!, folder, { tokenizerFiles: files }),
  };
}

/** What is read. */
interface Text {
  readonly name: string;
  readonly lines: Iterable<string>;
  /** The task's own, if it has one. */
  readonly vocabulary?: readonly string[];
}

/** The file that was given, or what the task has to read, without its labels. */
async function textOf(options: TrainingOptions): Promise<Text> {
  if (options.text !== undefined)
    return { name: 'text', lines: firstOf(textLines(options.text), options.limit) };
  const { dataset, vocabulary } = await dataOf(options);
  const lines = [...dataset.train].flatMap(({ text, pair }) => (pair === undefined ? [text] : [text, pair]));
  return { name: dataset.name, lines, vocabulary };
}

/** The first so many lines, each time they are asked for. */
function firstOf(lines: Iterable<string>, limit = Infinity): Iterable<string> {
  return {
    *[Symbol.iterator]() {
      let left = limit;
      for (const line of lines) {
        if (left-- <= 0) return;
        yield line;
      }
    },
  };
}

function tokenizerFilesOf(
  { model, vocabSize }: TrainingOptions & PretrainingOptions,
  { lines, vocabulary }: Text,
): TokenizerFiles {
  if (model !== undefined) return readTokenizer(model);
  return { vocabulary: vocabulary ?? buildVocabulary(lines, { size: vocabSize }), lowercase: true };
}

function holdOut(sequences: readonly Int32Array[]): Record<'train' | 'dev', Int32Array[]> {
  const isHeld = (i: number) => i % HELD_OUT.every === 0 && i / HELD_OUT.every < HELD_OUT.most;
  const [train, dev] = [false, true].map((held) => sequences.filter((_, i) => isHeld(i) === held));
  if (train!.length > 0) return { train: train!, dev: dev! };
  throw new UserError(
    'Expected a text of more than one sequence; give a longer one, or a smaller --max-length.',
  );
}

/** The classifier whose encoder a model of words trains. */
const classifiers = new WeakMap<tf.LayersModel, tf.LayersModel>();

function wordsModel(classifier: tf.LayersModel): tf.LayersModel {
  const words = maskedLanguageModel(classifier);
  classifiers.set(words, classifier);
  return words;
}

function modelOf(options: TrainingOptions & PretrainingOptions, { vocabulary }: TokenizerFiles) {
  const { model: folder, layers, maxLength, size } = options;
  if (folder !== undefined) return (seed: number) => loadHuggingFace(folder, { layers, seed }).model;
  const config = {
    ...bertSizes[size],
    ...fromScratch(maxLength),
    vocabSize: vocabulary.length,
  };
  return (seed: number) => bert({ ...config, layers: layers ?? config.layers, seed });
}

function describeModel(
  model: (seed: number) => tf.LayersModel,
  { model: folder, size }: TrainingOptions & PretrainingOptions,
) {
  const instance = model(0);
  const { layers, hiddenSize, vocabSize } = bertConfigOf(instance);
  const weights = instance.countParams();
  instance.dispose();
  return `${folder ?? `a ${size} BERT`}, ${layers} layers of width ${hiddenSize}, ${vocabSize} pieces, ${weights} weights`;
}

/** Share of the hidden pieces that are the most frequent one. */
async function constantAccuracy(sequences: readonly Int32Array[], tokenizer: Tokenizer): Promise<number> {
  const hidden: number[] = [];
  const source = maskedLanguageSource(sequences, tokenizer, { batchSize: sequences.length, shuffle: false });
  for await (const { ys } of source.epoch(0))
    hidden.push(...[...ys.data].filter((label) => label !== NOTHING));
  return majorityScore(metrics.accuracy, hidden);
}
