import type * as tf from '@tensorflow/tfjs';
import { type BatchSource, countExamples, fromHost } from '../../datasets/batch';
import { UserError } from '../../lib/core/errors';
import type { Callback } from '../callback';
import { train } from '../trainer';
import type { Tensors } from './arranged';
import { type CompileArgs, compileArgsOf, compiledModelOf, type CompiledOutput } from './compile-args';
import { datasetSource, isDataset, type StockDataset } from './dataset-source';
import { readChecked, readExamples } from './examples';
import { fitLoss } from './fit-loss';
import {
  type CommonFitOptions,
  expectDatasetOptions,
  expectOptions,
  type FitCallback,
  type FitDatasetOptions,
  type FitOptions,
} from './fit-options';
import { type StockCallback, stockCallbacks, type StockParams } from './stock-callbacks';
import { stockOptimizer } from './stock-optimizer';
import { inOrder, metricOf, splitOff } from './validation';
import { byOutput } from './weights';

/**
 * `model.fit`, compiled: trains a model with the optimizer, the loss and the metrics of its `model.compile`, and takes our callbacks beside
 * tfjs's. Given the same order of the data, losses are those of `model.fit`; the optimizer goes on from where it is, and `model.fit` may go
 * on after it. Losses are tfjs's own, so a model that ends in softmax or sigmoid is not given another one. Stock optimizers that run:
 * `tf.train.sgd`, `momentum`, `adam`, `rmsprop`, `adagrad`.
 *
 * The shuffled order is that of `seed`, not of chance. Metrics in logs of an epoch are means over its examples, as in tfjs; those that
 * begin with `val_` are of all examples to evaluate on at once, and `val_loss` of several outputs is the sum that is trained, where tfjs 4.22
 * mixes the outputs' names up. Weights of examples count in training alone. What is frozen when it is called is not trained.
 *
 * @param xs inputs, [examples, ...]: one tensor, a list in the order of the inputs, or a record by their names. They stay the caller's. Or
 *   a `tf.data.Dataset` of batches `{ xs, ys }`, in place of both, in the order that it has.
 * @param ys labels, the same by outputs, in the shapes that the loss takes: [examples, ...outputs], or [examples, ..., 1] of
 *   `sparseCategoricalCrossentropy`.
 * @returns tfjs's history: losses and metrics of each epoch.
 * @throws UserError for a model that is not compiled, another optimizer, options and data that do not fit, and as `train` does.
 *
 * @example
 * model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] });
 * const { history } = await fit(model, xs, ys, { epochs: 3, validationSplit: 0.1, callbacks: [pruning({ pruner })] });
 */
export function fit(
  model: tf.LayersModel,
  xs: Tensors,
  ys: Tensors,
  options?: FitOptions,
): Promise<tf.History>;
export function fit(
  model: tf.LayersModel,
  dataset: StockDataset,
  options?: FitDatasetOptions,
): Promise<tf.History>;
export async function fit(
  model: tf.LayersModel,
  xs: Tensors | StockDataset,
  ...rest: readonly [ys?: Tensors | FitDatasetOptions, options?: FitOptions]
): Promise<tf.History> {
  if (isDataset(xs)) return fitDataset(model, xs, (rest[0] ?? {}) as FitDatasetOptions);
  return fitTensors(model, [xs, rest[0] as Tensors], rest[1] ?? {});
}

async function fitTensors(
  model: tf.LayersModel,
  given: readonly [xs: Tensors, ys: Tensors],
  options: FitOptions,
): Promise<tf.History> {
  expectOptions(options);
  const args = compileArgsOf(model);
  const { validationData, validationSplit = 0, batchSize = 32, seed = 0, shuffle = true } = options;
  const all = await readChecked(model, args.outputs, given, options);
  const { train: examples, dev } = splitOff(all, validationSplit);
  const labels = [...examples.ys, ...examples.weights];
  const data = fromHost(examples.xs, labels, { batchSize, seed, shuffle });
  const known = await validationOf(model, args, validationData, batchSize);
  return fitSource(model, args, [data, known ?? (dev && inOrder(dev, batchSize))], {
    ...options,
    params: { batchSize, samples: data.examples },
  });
}

async function fitDataset(
  model: tf.LayersModel,
  dataset: StockDataset,
  options: FitDatasetOptions,
): Promise<tf.History> {
  expectDatasetOptions(options);
  const args = compileArgsOf(model);
  const { batchesPerEpoch, validationData, validationBatchSize = 32 } = options;
  const data = await sourceOf(model, args, dataset, options);
  const dev = await validationOf(model, args, validationData, validationBatchSize);
  const steps = batchesPerEpoch ?? data.batchesPerEpoch;
  return fitSource(model, args, [data, dev], { ...options, params: { steps } });
}

/** Batches of a dataset, with the weights of their examples. */
function sourceOf(
  model: tf.LayersModel,
  { outputs }: CompileArgs,
  dataset: StockDataset,
  { batchesPerEpoch, classWeight }: FitDatasetOptions,
): Promise<BatchSource> {
  return datasetSource(dataset, {
    batchesPerEpoch,
    read: async (element, of) => {
      const { xs, ys, weights } = await readExamples(model, outputs, element, { of, classWeight });
      const [first, ...further] = [...ys, ...weights];
      return { xs: [...xs], ys: first!, further, size: countExamples([...xs, ...ys]) };
    },
  });
}

async function validationOf(
  model: tf.LayersModel,
  args: CompileArgs,
  given: FitOptions['validationData'],
  batchSize: number,
): Promise<BatchSource | undefined> {
  if (!given) return undefined;
  if (isDataset(given)) return sourceOf(model, args, given, {});
  return inOrder(await readChecked(model, args.outputs, given, { of: 'validation ' }), batchSize);
}

interface SourceOptions extends CommonFitOptions {
  readonly params: StockParams;
}

async function fitSource(
  model: tf.LayersModel,
  args: CompileArgs,
  [data, dev]: readonly [train: BatchSource, dev: BatchSource | undefined],
  { epochs = 1, seed, engine, yieldEvery, params, lossWeights, ...options }: SourceOptions,
): Promise<tf.History> {
  const given: readonly FitCallback[] = options.callbacks ? [options.callbacks].flat() : [];
  const { source, size } = noting(data);
  let last: ArrayLike<number> = [];
  const stock = stockCallbacks({
    model: compiledModelOf(model),
    callbacks: given.filter((callback): callback is StockCallback => !isOwn(callback)),
    yieldEvery,
    params: { ...allParams(args, dev), epochs, ...params },
    size,
    metrics: () => Object.fromEntries(args.metrics.map(({ name }, i) => [name, last[i]!])),
  });
  const { optimizer, learningRate, callback, giveBack } = stockOptimizer(args.optimizer, model);
  const { step } = await train({
    ...{ model, data: source, dev, optimizer, learningRate, epochs, seed, engine },
    loss: fitLoss(args, {
      lossWeights: numbersByOutput(lossWeights, args.outputs),
      onMetrics: (values) => (last = Array.from(values)),
    }),
    metrics: Object.fromEntries(args.metrics.map((metric) => [metric.name, metricOf(metric)])),
    callbacks: [callback, ...given.filter(isOwn), stock.callback],
  });
  await giveBack(step);
  return stock.history;
}

function numbersByOutput(
  weights: CommonFitOptions['lossWeights'],
  outputs: readonly CompiledOutput[],
): (number | undefined)[] | undefined {
  if (weights === undefined) return undefined;
  const names = outputs.map(({ name }) => name);
  const numbers = byOutput<number>(weights, names, 'lossWeights');
  const wrong = numbers.find((weight) => weight !== undefined && !Number.isFinite(weight));
  if (wrong === undefined) return numbers;
  throw new UserError(`Expected finite numbers as lossWeights, got ${wrong}.`);
}

const isOwn = (callback: FitCallback): callback is Callback => 'name' in callback;

/** As tfjs tells them; what it does not know is null there. */
function allParams({ metrics }: CompileArgs, dev: BatchSource | undefined): StockParams {
  const names = ['loss', ...metrics.map(({ name }) => name)];
  const validated = dev ? names.map((name) => `val_${name}`) : [];
  return { initialEpoch: 0, verbose: 0, doValidation: dev !== undefined, metrics: [...names, ...validated] };
}

/** A source that knows how many examples the batch has that it gave last. */
function noting(source: BatchSource): { source: BatchSource; size: () => number } {
  let last = 0;
  const noted: BatchSource = {
    ...source,
    async *epoch(epoch, from) {
      for await (const batch of source.epoch(epoch, from)) {
        last = batch.size;
        yield batch;
      }
    },
  };
  return { source: noted, size: () => last };
}
