import type * as tf from '@tensorflow/tfjs';
import { type BatchSource, fromHost } from '../../datasets/batch';
import type { Callback } from '../callback';
import { train } from '../trainer';
import type { Tensors } from './arranged';
import { type CompileArgs, compileArgsOf, compiledModelOf } from './compile-args';
import { readExamples } from './examples';
import { fitLoss } from './fit-loss';
import { expectOptions, type FitCallback, type FitOptions } from './fit-options';
import { type StockCallback, stockCallbacks, type StockParams } from './stock-callbacks';
import { stockOptimizer } from './stock-optimizer';
import { inOrder, metricOf, splitOff } from './validation';

/**
 * `model.fit`, compiled: trains a model with the optimizer, the loss and the metrics of its `model.compile`, and takes our callbacks beside
 * tfjs's. Given the same order of the data, losses are those of `model.fit`; the optimizer goes on from where it is, and `model.fit` may go
 * on after it. Losses are tfjs's own, so a model that ends in softmax or sigmoid is not given another one. Stock optimizers that run:
 * `tf.train.sgd`, `momentum`, `adam`, `rmsprop`, `adagrad`.
 *
 * The shuffled order is that of `seed`, not of chance. Metrics in logs of an epoch are means over its examples, as in tfjs; those that
 * begin with `val_` are of all examples to evaluate on at once. What is frozen when it is called is not trained.
 *
 * @param xs inputs, [examples, ...]: one tensor, a list in the order of the inputs, or a record by their names. They stay the caller's.
 * @param ys labels, the same by outputs, in the shapes that the loss takes: [examples, ...outputs], or [examples, ..., 1] of
 *   `sparseCategoricalCrossentropy`.
 * @returns tfjs's history: losses and metrics of each epoch.
 * @throws UserError for a model that is not compiled, another optimizer, options and data that do not fit, and as `train` does.
 *
 * @example
 * model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] });
 * const { history } = await fit(model, xs, ys, { epochs: 3, validationSplit: 0.1, callbacks: [pruning({ pruner })] });
 */
export async function fit(
  model: tf.LayersModel,
  xs: Tensors,
  ys: Tensors,
  options: FitOptions = {},
): Promise<tf.History> {
  expectOptions(options);
  const args = compileArgsOf(model);
  const { train: examples, dev } = await examplesOf(model, args, [xs, ys], options);
  const { batchSize = 32, seed = 0, shuffle = true, epochs = 1 } = options;
  const data = fromHost(examples.xs, examples.ys[0]!, { batchSize, seed, shuffle });
  return fitSource(model, args, data, dev && inOrder(dev, batchSize), {
    ...options,
    params: { epochs, batchSize, samples: data.examples },
  });
}

interface SourceOptions extends FitOptions {
  readonly params: StockParams;
}

async function fitSource(
  model: tf.LayersModel,
  args: CompileArgs,
  data: BatchSource,
  dev: BatchSource | undefined,
  { epochs = 1, seed, engine, yieldEvery, params, ...options }: SourceOptions,
): Promise<tf.History> {
  const given: readonly FitCallback[] = options.callbacks ? [options.callbacks].flat() : [];
  const own = given.filter(isOwn);
  const { source, size } = noting(data);
  let last: ArrayLike<number> = [];
  const stock = stockCallbacks({
    model: compiledModelOf(model),
    callbacks: given.filter((callback): callback is StockCallback => !isOwn(callback)),
    yieldEvery,
    params: { ...params, ...allParams(args, dev) },
    size,
    metrics: () => Object.fromEntries(args.metrics.map(({ name }, i) => [name, last[i]!])),
  });
  const { optimizer, learningRate, callback, giveBack } = stockOptimizer(args.optimizer, model);
  const { step } = await train({
    ...{ model, data: source, dev, optimizer, learningRate, epochs, seed, engine },
    loss: fitLoss(args, (values) => (last = Array.from(values))),
    metrics: Object.fromEntries(args.metrics.map((metric) => [metric.name, metricOf(metric)])),
    callbacks: [callback, ...own, stock.callback],
  });
  await giveBack(step);
  return stock.history;
}

/** Examples to train and to evaluate on. */
async function examplesOf(
  model: tf.LayersModel,
  { outputs }: CompileArgs,
  data: readonly [xs: Tensors, ys: Tensors],
  { validationData, validationSplit = 0 }: FitOptions,
): Promise<ReturnType<typeof splitOff>> {
  const split = splitOff(await readExamples(model, outputs, data), validationSplit);
  if (!validationData) return split;
  return { ...split, dev: await readExamples(model, outputs, validationData, 'validation ') };
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
