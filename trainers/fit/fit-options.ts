import { UserError } from '../../lib/core/errors';
import { nearest } from '../../lib/core/nearest';
import type { Callback } from '../callback';
import type { EngineFactory } from '../engine';
import type { Tensors } from './arranged';
import type { StockCallback, YieldEvery } from './stock-callbacks';

/** Whittle's callbacks and tfjs's. */
export type FitCallback = Callback | StockCallback;

/** Options of {@link fit}. */
export interface FitOptions {
  /** How often all examples are trained on; 1 by default, 0 does nothing. */
  readonly epochs?: number;
  /** Examples per step; the last step of an epoch takes what is left. 32 by default. */
  readonly batchSize?: number;
  /** Inputs and labels to evaluate on after each epoch. */
  readonly validationData?: readonly [xs: Tensors, ys: Tensors];
  /** Share of the examples, in [0, 1), the last ones, to evaluate on instead of training on them; 0 by default. */
  readonly validationSplit?: number;
  /** Another order of the examples in each epoch; true by default. */
  readonly shuffle?: boolean;
  /** Of the order of the examples and of dropout; 0 by default. */
  readonly seed?: number;
  readonly callbacks?: FitCallback | readonly FitCallback[];
  /** How often tfjs's callbacks let the event loop turn, and call `onYield`: see `tf.ModelFitArgs`. `'auto'` by default. */
  readonly yieldEvery?: YieldEvery;
  /** What computes; `compiledEngine()` by default. */
  readonly engine?: EngineFactory;
}

const NAMES: readonly (keyof FitOptions)[] = [
  'epochs',
  'batchSize',
  'validationData',
  'validationSplit',
  'shuffle',
  'seed',
  'callbacks',
  'yieldEvery',
  'engine',
];

/** @throws UserError for options that `fit` does not have, some of `model.fit`'s among them, and such as do not go together. */
export function expectOptions(options: FitOptions): void {
  const names: readonly string[] = NAMES;
  const stranger = Object.keys(options).find((name) => !names.includes(name));
  if (stranger !== undefined) {
    throw new UserError(
      `Expected options of fit, got "${stranger}"; the nearest are ${nearest(stranger, names).join(', ')}.`,
    );
  }
  if (options.validationData && options.validationSplit) {
    throw new UserError('Expected validationData or validationSplit, got both; leave one of them out.');
  }
}
