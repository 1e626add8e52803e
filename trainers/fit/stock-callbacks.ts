import * as tf from '@tensorflow/tfjs';
import type { Callback, Evaluation, Training } from '../callback';

/** tfjs's callbacks: an instance of a class of callbacks, or the functions of one. */
export type StockCallback = tf.Callback | tf.CustomCallback | tf.CustomCallbackArgs;

/** How often tfjs's callbacks let the event loop turn. */
export type YieldEvery = ConstructorParameters<typeof tf.CustomCallback>[1];

/** What tfjs's callbacks are told of a training before it begins. */
export type StockParams = Parameters<tf.Callback['setParams']>[0];

export interface StockCallbacksOptions {
  readonly model: tf.LayersModel;
  readonly callbacks: readonly StockCallback[];
  readonly yieldEvery: YieldEvery;
  readonly params: StockParams;
  /** How many examples the step's batch has. */
  readonly size: () => number;
  /** Metrics of the step, by name. */
  readonly metrics: () => Readonly<Record<string, number>>;
}

/** A callback that calls those of tfjs, and the history that they and it write. */
export interface StockCallbacks {
  readonly callback: Callback;
  readonly history: tf.History;
}

/**
 * tfjs's callbacks in our training: epochs and batches begin and end as in `model.fit`, with the same logs (means of an epoch over its
 * examples), and `model.stopTraining` ends it. An epoch ends after its evaluation.
 */
export function stockCallbacks(options: StockCallbacksOptions): StockCallbacks {
  const { model, callbacks, yieldEvery, params, size, metrics } = options;
  const history = new tf.History();
  const list = new tf.CallbackList([...callbacks.map((each) => instance(each, yieldEvery)), history]);
  let epoch: EpochMeans | undefined;
  const endEpoch = async (training: Training, evaluation?: Evaluation): Promise<void> => {
    if (!epoch) return;
    const logs = { ...prefixed(evaluation), ...epoch.means() };
    const ended = epoch.number;
    epoch = undefined;
    await list.onEpochEnd(ended, logs);
    if (model.stopTraining) training.stop('model.stopTraining');
  };
  return {
    history,
    callback: {
      name: 'stock-callbacks',
      async onTrainBegin() {
        list.setParams(params);
        list.setModel(model);
        model.history = history;
        await list.onTrainBegin();
        model.stopTraining = false;
      },
      async onEpochBegin(training) {
        epoch = new EpochMeans(training.epoch);
        await list.onEpochBegin(epoch.number);
      },
      onStepBegin: ({ step, stepsPerEpoch }) => list.onBatchBegin(step % stepsPerEpoch, {}),
      async onStepEnd(training) {
        const values = { loss: training.loss, ...metrics() };
        const batch = (training.step - 1) % training.stepsPerEpoch;
        epoch?.add(values, size());
        await list.onBatchEnd(batch, { batch, size: size(), ...values });
        if (model.stopTraining) training.stop('model.stopTraining');
        const isEvaluated = training.metricNames.length > 0;
        if (batch === training.stepsPerEpoch - 1 && !isEvaluated) await endEpoch(training);
      },
      onEvaluate: endEpoch,
      async onTrainEnd(training) {
        await endEpoch(training);
        await list.onTrainEnd();
      },
    },
  };
}

function instance(callback: StockCallback, yieldEvery: YieldEvery): tf.Callback | tf.CustomCallback {
  return isInstance(callback) ? callback : new tf.CustomCallback(callback, yieldEvery);
}

const isInstance = (callback: StockCallback): callback is tf.Callback | tf.CustomCallback =>
  'setParams' in callback;

const prefixed = (evaluation: Evaluation | undefined): Record<string, number> =>
  Object.fromEntries(
    Object.entries(evaluation?.metrics ?? {}).map(([name, value]) => [`val_${name}`, value]),
  );

/** Means of an epoch's logs so far, over its examples. */
class EpochMeans {
  private readonly totals = new Map<string, number>();
  private seen = 0;

  constructor(readonly number: number) {}

  add(values: Readonly<Record<string, number>>, size: number): void {
    this.seen += size;
    for (const [name, value] of Object.entries(values)) {
      this.totals.set(name, (this.totals.get(name) ?? 0) + value * size);
    }
  }

  means(): Record<string, number> {
    return Object.fromEntries([...this.totals].map(([name, total]) => [name, total / this.seen]));
  }
}
