import { configured } from '../../lib/core/config';
import { UserError } from '../../lib/core/errors';
import type { Callback, CallbackState, Evaluation, Training } from '../callback';
import { captureModel, ModelState, restoreModel } from '../model-state';

/** Options of {@link earlyStopping}. */
export interface EarlyStoppingOptions {
  /** The metric to watch, by its name in the evaluations; `loss` is the mean dev loss. */
  readonly metric: string;
  /** Whether larger or smaller values are better. */
  readonly better: 'larger' | 'smaller';
  /** Evaluations in a row without a better value after which training ends; Infinity (the default) never ends it. */
  readonly patience?: number;
  /** How much better a value must be to count; 0 by default. */
  readonly minDelta?: number;
  /** At the end of training, put back the weights (and masks and transform state) of the best evaluation; false by default. */
  readonly restoreBest?: boolean;
}

/** What `earlyStopping` returns: a callback that also knows the best evaluation so far. */
export interface EarlyStopping extends Callback {
  /** Undefined until an evaluation counts. */
  readonly best: Evaluation | undefined;
}

interface State {
  readonly best: { readonly step: number; readonly metrics: Record<string, number> } | null;
  readonly worse: number;
}

/**
 * Ends training when a dev metric has stopped improving, and keeps a copy of the best model if asked. Ties count as not better,
 * NaN as worse than everything. Results count from the step on at which all callbacks say that they do (`countsFrom`): a model that is not
 * yet pruned as far as asked, or not yet quantized, is not the best.
 *
 * @throws UserError (when training begins) without a dev set, for a metric that is not measured, and if no result would count.
 *
 * @example earlyStopping({ metric: 'accuracy', better: 'larger', patience: 3, restoreBest: true })
 */
export function earlyStopping(options: EarlyStoppingOptions): EarlyStopping {
  const { metric, patience = Infinity, minDelta = 0, restoreBest = false } = options;
  const sign = options.better === 'larger' ? 1 : -1;
  let best: Evaluation | undefined;
  let bestModel: ModelState = {};
  let worse = 0; // evaluations in a row without a better value
  let restored = false;

  const improves = (evaluation: Evaluation): boolean => {
    const value = valueOf(evaluation, metric);
    if (Number.isNaN(value)) return false;
    return best === undefined || sign * (value - valueOf(best, metric)) > minDelta;
  };

  const callback: EarlyStopping = {
    name: 'early-stopping',
    get best() {
      return best;
    },
    onTrainBegin(training) {
      expectMeasured(metric, training);
      expectToCount(training);
      if (!restored) [best, bestModel, worse] = [undefined, {}, 0]; // of a training before
      restored = false;
    },
    keptEvaluation: () => (restoreBest ? best : undefined),
    async onEvaluate(training, evaluation) {
      if (evaluation.step < training.countsFrom) return;
      if (improves(evaluation)) {
        best = evaluation;
        worse = 0;
        if (restoreBest) bestModel = await captureModel(training.model, training.parameters);
      } else if (++worse >= patience) {
        training.stop(`dev/${metric} did not improve in ${worse} evaluations`);
      }
    },
    onTrainEnd(training) {
      if (restoreBest && best) restoreModel(training.model, training.parameters, bestModel);
    },
    state: () => ({
      values: { best: best ? { ...best, metrics: { ...best.metrics } } : null, worse },
      tensors: bestModel,
    }),
    restore({ values, tensors }: CallbackState) {
      const state = values as unknown as State;
      best = state.best ?? undefined;
      worse = state.worse;
      bestModel = tensors ?? {};
      restored = true;
    },
  };
  const { better } = options;
  return configured(callback, 'earlyStopping', { metric, better, patience, minDelta, restoreBest });
}

const valueOf = ({ metrics }: Evaluation, metric: string): number => metrics[metric] ?? NaN;

function expectMeasured(metric: string, { metricNames }: Training): void {
  if (metricNames.includes(metric)) return;
  throw new UserError(
    `Early stopping watches the metric "${metric}", but ` +
      (metricNames.length > 0
        ? `the evaluations have ${metricNames.join(', ')}.`
        : 'nothing is evaluated: give the training a dev set (dev).'),
  );
}

function expectToCount({ countsFrom, totalSteps }: Training): void {
  if (countsFrom <= totalSteps) return;
  throw new UserError(
    `Expected results that count within the ${totalSteps} steps of the training to stop by, but they count from step ${countsFrom} on, ` +
      'where pruning has reached its target or quantization begins; let it end earlier, or train for longer.',
  );
}
