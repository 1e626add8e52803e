/**
 * Types of the public surface as users meet them. Never run: `npm run typecheck` fails where a type is another one, and where what must not
 * compile does.
 */
import type * as tf from '@tensorflow/tfjs';
import * as whittle from '../../index';

/** Whether two types are the same, neither wider, and neither `any`. */
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

declare function expectType<Holds extends true>(): Holds;

declare const model: tf.LayersModel;
declare const x: tf.Tensor;
declare const data: whittle.BatchSource;
declare const batches: Iterable<tf.Tensor[]>;
declare const setup: whittle.Setup;
declare const outcome: whittle.Outcome;

const { loss, optimizer, learningRate } = {
  loss: whittle.softmaxCrossEntropy,
  optimizer: whittle.adamW({ weightDecay: 0 }),
  learningRate: whittle.constantRate(1e-3),
};

// The helper itself tells types apart
expectType<Equal<string, string>>();
expectType<Equal<Equal<string, string | number>, false>>();
expectType<Equal<Equal<{ a?: 1 }, { a: 1 }>, false>>();
expectType<Equal<Equal<unknown, ReturnType<typeof JSON.parse>>, false>>();

// Training
whittle.train({
  model,
  data,
  loss,
  optimizer,
  learningRate,
  steps: 10,
}) satisfies Promise<whittle.TrainResult>;
expectType<Equal<ReturnType<typeof whittle.train>, Promise<whittle.TrainResult>>>();
expectType<Equal<whittle.TrainResult['losses'], readonly number[]>>();
expectType<Equal<whittle.TrainResult['stopped'], string | undefined>>();
expectType<Equal<Parameters<typeof whittle.train>, [options: whittle.TrainOptions]>>();
expectType<Equal<ReturnType<typeof whittle.adamW>, whittle.Optimizer>>();
expectType<Equal<ReturnType<typeof whittle.compiledEngine>, whittle.EngineFactory>>();
expectType<Equal<ReturnType<typeof whittle.evaluate>, Promise<whittle.Metrics>>>();
expectType<Equal<whittle.Metrics, Readonly<Record<string, number>>>>();
expectType<Equal<typeof whittle.accuracy, whittle.Metric>>();
expectType<Equal<ReturnType<whittle.Metric>, number>>();
expectType<Equal<whittle.Interrupted['name'], 'Interrupted'>>();
whittle.fromTensors(x, x, { batchSize: 8 }) satisfies whittle.BatchSource;
// @ts-expect-error a loss is missing
void whittle.train({ model, data, optimizer, learningRate, steps: 10 });
// @ts-expect-error the option is called learningRate
void whittle.train({ model, data, loss, optimizer, rate: 1e-3, steps: 10 });
// @ts-expect-error a learning rate is a function of the step
void whittle.train({ model, data, loss, optimizer, learningRate: 1e-3, steps: 10 });
// @ts-expect-error tfjs's own optimizers are not taken
void whittle.train({ model, data, loss, optimizer: 'adam', learningRate, steps: 10 });
// @ts-expect-error a batch size is missing
whittle.fromTensors(x, x, { seed: 1 });
// @ts-expect-error the option is called weightDecay
whittle.adamW({ decay: 0.1 });
// @ts-expect-error an evaluation needs a loss
void whittle.evaluate(model, data, { metrics: {} });

// fit, in tensors or by a dataset
declare const dataset: whittle.StockDataset;
whittle.fit(model, x, x, { epochs: 2, validationSplit: 0.1 }) satisfies Promise<tf.History>;
whittle.fit(model, dataset, { batchesPerEpoch: 10 }) satisfies Promise<tf.History>;
// @ts-expect-error labels are missing
void whittle.fit(model, x, { epochs: 2 });
// @ts-expect-error a dataset has batches of its own
void whittle.fit(model, dataset, { batchSize: 32 });

// Pruning
const [inSteps, inFractions] = [
  whittle.cubicDecay({ finalSparsity: 0.8, endStep: 100 }),
  whittle.cubicDecay({ finalSparsity: 0.8, end: 0.7 }),
];
expectType<Equal<typeof inSteps, whittle.Schedule>>();
expectType<Equal<typeof inFractions, whittle.RelativeSchedule>>();
expectType<Equal<ReturnType<typeof inSteps>, number>>();
expectType<Equal<ReturnType<typeof whittle.pruner>, whittle.Pruner>>();
expectType<Equal<ReturnType<typeof whittle.prune>, whittle.MaskSet>>();
expectType<Equal<ReturnType<typeof whittle.masksOf>, whittle.MaskSet>>();
expectType<Equal<ReturnType<typeof whittle.pruning>, whittle.Callback>>();
expectType<Equal<typeof whittle.magnitude, whittle.Saliency>>();
expectType<Equal<ReturnType<typeof whittle.dropout>, tf.layers.Layer>>();
whittle.pruner({
  schedule: inFractions,
  saliency: whittle.taylor,
  pattern: whittle.nOfM({ keep: 2, of: 4 }),
});
// @ts-expect-error a schedule says its final sparsity
whittle.cubicDecay({ endStep: 100 });
// @ts-expect-error a window is in steps or in fractions
whittle.cubicDecay({ finalSparsity: 0.8, begin: 0.1, endStep: 100 });
// @ts-expect-error a schedule has an end
whittle.cubicDecay({ finalSparsity: 0.8 });
// @ts-expect-error a pruner has a schedule
whittle.pruner({ saliency: whittle.magnitude });
// @ts-expect-error the saliency of a magnitudePruner is magnitude
whittle.magnitudePruner({ schedule: inSteps, saliency: whittle.taylor });
// @ts-expect-error a saliency is a function, not a name
whittle.pruner({ schedule: inSteps, saliency: 'magnitude' });

// Quantization
const prepared = whittle.prepare(model, whittle.staticInt8());
expectType<Equal<typeof prepared, whittle.Prepared>>();
expectType<Equal<ReturnType<typeof whittle.convert>, whittle.Compressed>>();
expectType<Equal<ReturnType<typeof whittle.calibrate>, Promise<void>>>();
expectType<Equal<ReturnType<typeof whittle.report>, whittle.Report>>();
expectType<Equal<ReturnType<typeof whittle.quantizeModel>, Promise<whittle.Compressed>>>();
expectType<Equal<whittle.Problem, 'single-label' | 'multi-label' | 'regression'>>();
whittle.prepare(model, [
  { match: 'encoder/**', use: whittle.dynamicInt8() },
  { match: 'head', use: 'skip' },
]);
whittle.staticInt8({ input: () => whittle.percentile({ percent: 99.9 }) });
// @ts-expect-error rules are missing
whittle.prepare(model);
// @ts-expect-error one observer for each tensor: a function that makes it
whittle.staticInt8({ input: whittle.minMax() });
// @ts-expect-error an observer is no name
whittle.staticInt8({ input: () => 'min-max' });
// @ts-expect-error what is converted is a prepared model
whittle.convert(model);
// @ts-expect-error there is no such mode
prepared.setMode('on');
// @ts-expect-error the option is called percent
whittle.percentile({ percentile: 99.9 });
// @ts-expect-error there is no such repair
void whittle.quantizeModel(model, { data: batches, repair: ['gpqt'] });

// Models in and out
whittle.loadHuggingFace('folder', { layers: 3 }) satisfies whittle.Compressed;
expectType<Equal<ReturnType<typeof whittle.loadHuggingFace>, whittle.LoadedHuggingFace>>();
expectType<Equal<whittle.LoadedHuggingFace['model'], tf.LayersModel>>();
expectType<Equal<ReturnType<typeof whittle.saveHuggingFace>, void>>();
expectType<Equal<ReturnType<typeof whittle.exportOnnx>, void>>();
whittle.exportOnnx(whittle.convert(prepared), 'model.onnx');
// @ts-expect-error the file is missing
whittle.exportOnnx(model);
// @ts-expect-error the tokenizer is saved with the model
whittle.saveHuggingFace(model, 'folder', {});
// @ts-expect-error the option is called layers
whittle.loadHuggingFace('folder', { numLayers: 3 });

// Structure
whittle.shrinkToBudget(model, { data: batches, removed: 0.5 }) satisfies Promise<whittle.Shrunk>;
expectType<Equal<ReturnType<typeof whittle.shrinkToBudget>, Promise<whittle.Shrunk>>>();
// @ts-expect-error a share or a budget, not both
void whittle.shrinkToBudget(model, { data: batches, removed: 0.5, budget: 10 });
// @ts-expect-error a share or a budget
void whittle.shrinkToBudget(model, { data: batches });

// Compiling: results in the form of the function's own
const norm = whittle.jit((a: tf.Tensor2D) => ({ norm: a.norm() }));
expectType<Equal<Awaited<ReturnType<typeof norm>>, { norm: tf.Tensor }>>();
// @ts-expect-error the argument is a tensor
void norm(1);

// Recipes
const recipe = { setup, folder: 'run', seed: 0, begin: 0.1, end: 0.7, frequency: 10 };
whittle.gradualPruning({ ...recipe, sparsities: [0.5] }) satisfies Promise<whittle.Outcome[]>;
expectType<Equal<ReturnType<typeof whittle.gradualPruning>, Promise<whittle.Outcome[]>>>();
expectType<Equal<ReturnType<typeof whittle.lotteryTicket>, Promise<whittle.Outcome[]>>>();
expectType<Equal<ReturnType<typeof whittle.qat>, Promise<whittle.Outcome[]>>>();
expectType<Equal<ReturnType<typeof whittle.ptq>, Promise<whittle.Outcome[]>>>();
expectType<Equal<whittle.Outcome['level'], number | undefined>>();
// @ts-expect-error the option is called sparsities
void whittle.gradualPruning({ ...recipe, sparsity: 0.5 });
// @ts-expect-error outcomes are not written to
outcome.sparsity = 0;
