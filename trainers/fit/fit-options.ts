import { UserError } from '../../lib/core/errors';
import { nearest } from '../../lib/core/nearest';
import type { Callback } from '../callback';
import type { EngineFactory } from '../engine';
import type { Tensors } from './arranged';
import type { StockDataset } from './dataset-source';
import type { StockCallback, YieldEvery } from './stock-callbacks';
import type { ByOutput, ClassWeight } from './weights';

/** Whittle's callbacks and tfjs's. */
export type FitCallback = Callback | StockCallback;

/** What {@link fit} takes, whatever the data are. */
export interface CommonFitOptions {
  /** How often all examples are trained on; 1 by default, 0 does nothing. */
  readonly epochs?: number;
  /** Inputs and labels, or a dataset of batches of both, to evaluate on after each epoch. */
  readonly validationData?: readonly [xs: Tensors, ys: Tensors] | StockDataset;
  /** Of the order of the examples and of dropout; 0 by default. */
  readonly seed?: number;
  /** One or several, called in this order; none by default. */
  readonly callbacks?: FitCallback | readonly FitCallback[];
  /** How often tfjs's callbacks let the event loop turn, and call `onYield`: see `tf.ModelFitArgs`. `'auto'` by default. */
  readonly yieldEvery?: YieldEvery;
  /** What computes; `compiledEngine()` by default. */
  readonly engine?: EngineFactory;
  /** What each output's loss counts in their sum: a list in their order, or a record by their names; 1 by default. */
  readonly lossWeights?: readonly number[] | Readonly<Record<string, number>>;
  /** What examples of a class count: labels are class numbers, or have a 1 in the place of the class. 1 by default. */
  readonly classWeight?: ByOutput<ClassWeight>;
}

/** Options of {@link fit} for tensors. */
export interface FitOptions extends CommonFitOptions {
  /** Examples per step; the last step of an epoch takes what is left. 32 by default. */
  readonly batchSize?: number;
  /** Share of the examples, in [0, 1), the last ones, to evaluate on instead of training on them; 0 by default. */
  readonly validationSplit?: number;
  /** Another order of the examples in each epoch; true by default. */
  readonly shuffle?: boolean;
  /** A number >= 0 for each example, [examples], by which its loss is multiplied; of several outputs as labels are given. 1 by default. */
  readonly sampleWeight?: Tensors;
}

/** Options of {@link fit} for a dataset of batches. */
export interface FitDatasetOptions extends CommonFitOptions {
  /** Batches of an epoch, where the dataset has no end, or more; an epoch then begins where the one before ended. All by default. */
  readonly batchesPerEpoch?: number;
  /** Examples per batch of `validationData` that are tensors; 32 by default. */
  readonly validationBatchSize?: number;
}

const COMMON: Readonly<Record<keyof CommonFitOptions, true>> = {
  epochs: true,
  validationData: true,
  seed: true,
  callbacks: true,
  yieldEvery: true,
  engine: true,
  lossWeights: true,
  classWeight: true,
};
const OF_TENSORS: Readonly<Record<keyof FitOptions, true>> = {
  ...COMMON,
  ...{ batchSize: true, validationSplit: true, shuffle: true, sampleWeight: true },
};
const OF_DATASETS: Readonly<Record<keyof FitDatasetOptions, true>> = {
  ...COMMON,
  ...{ batchesPerEpoch: true, validationBatchSize: true },
};

/** @throws UserError for options that `fit` does not have, some of `model.fit`'s among them, and such as do not go together. */
export function expectOptions(options: FitOptions): void {
  expectNames(options, Object.keys(OF_TENSORS), 'fit');
  if (options.validationData && options.validationSplit) {
    throw new UserError('Expected validationData or validationSplit, got both; leave one of them out.');
  }
}

/** The same for a dataset, which has its own batches and order. */
export function expectDatasetOptions(options: FitDatasetOptions): void {
  expectNames(options, Object.keys(OF_DATASETS), 'fit with a dataset');
}

function expectNames(options: object, names: readonly string[], what: string): void {
  const stranger = Object.keys(options).find((name) => !names.includes(name));
  if (stranger === undefined) return;
  throw new UserError(
    `Expected options of ${what}, got "${stranger}"; the nearest are ${nearest(stranger, names).join(', ')}.`,
  );
}
