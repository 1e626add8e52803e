import type * as tf from '@tensorflow/tfjs';
import { batchSource } from '../datasets/batches';
import type { Dataset, Examples } from '../datasets/dataset';
import { readGlue } from '../datasets/glue';
import { userTokenCache } from '../datasets/token-cache';
import { tokenizerOf } from '../datasets/tokenizer/tokenizer-of';
import { bagOfWords } from '../datasets/bag-of-words';
import { toyTask } from '../datasets/toy';
import { UserError } from '../lib/core/errors';
import type { Compressed } from '../lib/compress/compressed';
import { report } from '../lib/compress/report';
import { loadHuggingFace, saveHuggingFace } from '../lib/export/hugging-face/folder';
import { bertConfigOf } from '../lib/models/bert-config-of';
import type { Problem } from '../lib/models/problem';
import { predictAll } from '../trainers/evaluate';
import { Loss, meanSquaredError, sigmoidCrossEntropy, softmaxCrossEntropy } from '../trainers/losses';
import type { Taught } from '../trainers/recipes/phase';
import type { Setup } from '../trainers/recipes/setup';
import { linearWarmup } from '../trainers/schedules';
import { Confusion, confusion } from './confusion';
import { engineOf } from './engines';
import { Models, modelsOf } from './models';
import { OptimizerOptions, optimizerOf, warmupSteps } from './optimizer-options';
import type { TrainingOptions } from './options';
import { readOwnData } from './own-data';
import { fewRows } from './remarks';
import type { Baseline } from './score-table';
import { constantBaseline, describeScores, evaluationExamples, taskMetrics } from './scores';
import { percent } from './table';
import { taught, taughtByItself } from './teacher';

/** What is learned, and by what: everything that the options say about data, model and training. */
export interface Task {
  readonly dataset: Pick<Dataset, 'name' | 'metric'>;
  readonly setup: Setup;
  /** First weights of which none is pretrained. */
  readonly randomModel: Setup['model'];
  /** Score of always giving the same answer: the most frequent class, of each label the more frequent answer, or any number. */
  readonly majority: number;
  /** Scores to compare with: that one, and on the toy task a bag of words. */
  readonly baselines: readonly Baseline[];
  /** The loss of a model that learns from what it was; the setup's own where there is a teacher already. */
  readonly taughtByItself?: Taught['loss'];
  /** Data, model and what more is to be known of the data, for people. */
  readonly description: readonly string[];
  /** Saves a model of this task, or a compressed one, as a Hugging Face folder. */
  save(trained: tf.LayersModel | Compressed, folder: string): void;
  /** What a model of it answers, and whether to pairs of sentences; absent where it answers nothing. */
  readonly answers?: { readonly labels: readonly string[]; readonly pairs: boolean };
  /** What a saved model takes the examples for that are evaluated on: where they are of the user's own, and have classes. */
  confusion?(folder: string): Promise<Confusion>;
}

/** What training minimises. */
const LOSSES: Readonly<Record<Problem, Loss>> = {
  'single-label': softmaxCrossEntropy,
  'multi-label': sigmoidCrossEntropy,
  regression: meanSquaredError,
};

/** Sentences of the toy task. */
const TOY = { train: 2048, dev: 512 };

/** As BERT is fine-tuned. */
const CLIP_NORM = 1;
/** Steps between two checkpoints, or an epoch where that is shorter: what a kill can cost. */
const CHECKPOINT_EVERY = 250;

/**
 * Reads the data and prepares the model of a script's options.
 *
 * @throws UserError for files that are missing or malformed, and options that do not fit together.
 */
export async function openTask(options: TrainingOptions): Promise<Task> {
  const { dataset, vocabulary, bag } = await dataOf(options);
  const models = modelsOf(options, dataset, vocabulary);
  const constant = constantBaseline(dataset);
  const { problem = 'single-label' } = dataset;
  return {
    dataset,
    setup: setupOf(options, dataset, models),
    randomModel: models.randomModel,
    taughtByItself: options.teacher === undefined ? taughtByItself(LOSSES[problem], problem) : undefined,
    majority: constant.scores[dataset.metric]!,
    baselines: [constant, ...bag],
    description: [
      describeData(dataset),
      describeModel(models, options),
      `${constant.name}: ${describeScores(constant.scores)}`,
      ...models.notes,
      ...(dataset.notes ?? []),
      ...[fewRows(evaluationExamples(dataset).length) ?? []].flat(),
    ],
    save: (trained, folder) =>
      saveHuggingFace(trained, folder, { tokenizerFiles: models.tokenizerFiles, labels: dataset.labels }),
    answers: { labels: dataset.labels, pairs: arePairs(dataset) },
    confusion:
      options.data !== undefined && problem === 'single-label'
        ? (folder) => confusionOf(folder, dataset, options)
        : undefined,
  };
}

/** As the files of a folder answer. */
async function confusionOf(
  folder: string,
  { dev, labels }: Dataset<Examples>,
  { batchSize, maxLength }: TrainingOptions,
): Promise<Confusion> {
  const loaded = loadHuggingFace(folder);
  try {
    const source = batchSource(dev, tokenizerOf(loaded.tokenizerFiles), {
      batchSize,
      maxLength,
      shuffle: false,
    });
    const { predictions, labels: truth } = await predictAll(loaded, source);
    return confusion(predictions, truth, labels);
  } finally {
    loaded.model.dispose();
  }
}

/** A task's examples. */
export interface Data {
  readonly dataset: Dataset<Examples>;
  /** The task's own, if it has one. */
  readonly vocabulary?: readonly string[];
  readonly bag: readonly Baseline[];
}

/**
 * Reads the examples that the options name.
 *
 * @throws UserError for files that are missing or malformed.
 */
export async function dataOf(options: TrainingOptions): Promise<Data> {
  const { task, data, dataDir, limit } = options;
  if (data !== undefined) return { dataset: await readOwnData(data, options), bag: [] };
  if (task === 'toy') {
    const dataset = toyTask({ ...TOY, train: Math.min(limit ?? Infinity, TOY.train) });
    return {
      dataset,
      vocabulary: dataset.vocabulary,
      bag: [{ name: 'bag of words', scores: { accuracy: bagOfWords(dataset) } }],
    };
  }
  if (dataDir !== undefined && task !== 'data')
    return { dataset: readGlue(task, dataDir, { limit }), bag: [] };
  throw new UserError(`Expected --data-dir <folder of GLUE folders> for --task ${task}.`);
}

function setupOf(
  options: TrainingOptions,
  dataset: Dataset<Examples>,
  { model, config, tokenizerFiles }: Models,
): Setup {
  const { batchSize, maxLength } = options;
  const { problem = 'single-label' } = dataset;
  const cache = options.task === 'toy' ? undefined : userTokenCache();
  const common = { batchSize, maxLength, regression: problem === 'regression', cache };
  const tokenizer = tokenizerOf(tokenizerFiles);
  return {
    model,
    data: (seed) => batchSource(dataset.train, tokenizer, { ...common, seed }),
    dev: batchSource(evaluationExamples(dataset), tokenizer, { ...common, shuffle: false }),
    loss: taught(LOSSES[problem], options, {
      labels: dataset.labels,
      problem,
      vocabulary: tokenizerFiles.vocabulary,
      config,
    }),
    metrics: taskMetrics(dataset),
    ...recipeOf(options, dataset.train.length),
  };
}

/** How everything is trained. */
type Recipe = Pick<
  Setup,
  'optimizer' | 'epochs' | 'learningRate' | 'clipNorm' | 'checkpointEvery' | 'engine'
>;

/** A rate that rises to its peak and falls to 0. */
export const warmedUp =
  (peak: number, options: OptimizerOptions): Setup['learningRate'] =>
  (totalSteps) =>
    linearWarmup({ peak, warmupSteps: warmupSteps(options, totalSteps), totalSteps });

/** The recipe of the options, for so many examples in an epoch. */
export function recipeOf(options: TrainingOptions, examples: number): Recipe {
  const { batchSize, epochs, learningRate } = options;
  return {
    optimizer: optimizerOf(options),
    epochs,
    learningRate: warmedUp(learningRate, options),
    clipNorm: CLIP_NORM,
    checkpointEvery: Math.min(CHECKPOINT_EVERY, Math.ceil(examples / batchSize)),
    engine: engineOf(options),
  };
}

const arePairs = ({ train }: Pick<Dataset<Examples>, 'train'>) => train.at(0)?.pair !== undefined;

function describeData({ name, train, dev, otherDevs = {}, labels, problem }: Dataset<Examples>): string {
  const texts = arePairs({ train }) ? 'pairs of sentences' : 'sentences';
  const counts = [dev, ...Object.values(otherDevs)].map(({ length }) => length).join(' and ');
  const question = QUESTIONS[problem ?? 'single-label'](labels);
  return `${name}: ${train.length} ${texts} to train on, ${counts} to evaluate on; ${question}?`;
}

/** What is asked about each example. */
const QUESTIONS: Readonly<Record<Problem, (labels: readonly string[]) => string>> = {
  'single-label': (labels) => (areMany(labels) ? `which of ${labels.length} classes` : labels.join(' or ')),
  'multi-label': (labels) =>
    `which, if any, of ${areMany(labels) ? `${labels.length} labels` : labels.join(', ')}`,
  regression: (labels) => `how much ${areMany(labels) ? `of ${labels.length} numbers` : labels.join(', ')}`,
};

const areMany = (labels: readonly string[]) => labels.length > 6;

function describeModel({ model }: Models, { model: folder, seed }: TrainingOptions): string {
  const instance = model(seed);
  const { total, targets } = report(instance);
  const { layers, hiddenSize } = bertConfigOf(instance);
  instance.dispose();
  const share = percent(targets.parameters / total.parameters);
  return (
    `${folder ?? 'a tiny BERT'}, ${layers} ${layers === 1 ? 'layer' : 'layers'} of width ${hiddenSize}, ${total.parameters} weights; ` +
    `pruning targets are ${targets.parameters} of them (${share})`
  );
}
