import * as tf from '@tensorflow/tfjs';
import { runAll } from '../../lib/core/conclude';
import { UserError } from '../../lib/core/errors';
import type { Callback } from '../callback';
import { expectDifferentNames } from '../callback-names';
import { disposalsOf } from '../run';
import { pruneMoments } from './moments';
import { type StockPlan, StockTraining } from './stock-training';

/** What {@link fitCallbacks} returns: a callback of tfjs. */
export interface FitCallbacks extends tf.Callback {
  /** Gives the model's weights ordinary memory back, where `model.fit` failed; after its end that is done. */
  dispose(): void;
}

/**
 * Our callbacks for stock `model.fit`: pruning and quantization end with the masks and the codes that `fit` ends with. After each batch what
 * a hard mask prunes is exactly 0, and so are the optimizer's moments of it.
 *
 * `model.fit` shows no gradients: what needs them (saliencies of gradients, scoring passes of them, `rigl`), and what `model.fit` does not
 * train (learned scores and step sizes), is refused. `earlyStopping` and the like see `validationData` after each epoch.
 *
 * @param callbacks their `onGradients` is called after the step, their `state` never.
 * @throws UserError (when training begins) for what is refused, two callbacks of one name, and a dataset whose number of batches nobody knows.
 *
 * @example
 * const ours = fitCallbacks([pruning({ pruner }), quantization({ prepared, freezeObserversAt: 100 })]);
 * await model.fit(xs, ys, { epochs: 3, callbacks: [ours, tf.callbacks.earlyStopping({ monitor: 'loss' })] });
 */
export function fitCallbacks(callbacks: Callback | readonly Callback[]): FitCallbacks {
  return new InModelFit([callbacks].flat());
}

class InModelFit extends tf.Callback implements FitCallbacks {
  private training: StockTraining | undefined;

  constructor(private readonly ours: readonly Callback[]) {
    super();
    expectDifferentNames(ours);
  }

  override async onTrainBegin(): Promise<void> {
    this.release(); // of a fit before that failed
    const training = new StockTraining(this.model, this.ours, planOf(this.params as unknown as StockParams));
    this.training = training;
    await training.each((callback) => callback.onTrainBegin?.(training));
    await this.settle(training);
  }

  override async onEpochBegin(epoch: number): Promise<void> {
    const training = this.current;
    training.epoch = epoch;
    await training.each((callback) => callback.onEpochBegin?.(training));
  }

  override async onBatchBegin(): Promise<void> {
    const training = this.current;
    await training.each((callback) => callback.onStepBegin?.(training));
    training.parameters.upload();
  }

  override async onBatchEnd(_batch: number, logs: StockLogs = {}): Promise<void> {
    const training = this.current;
    training.loss = await numberOf(logs['loss']);
    await this.enforceMasks(training); // on what the optimizer assigned
    await training.each((callback) => callback.onGradients?.(training));
    training.step++;
    await training.each((callback) => callback.onStepEnd?.(training));
    await this.settle(training);
  }

  override async onEpochEnd(_epoch: number, logs: StockLogs = {}): Promise<void> {
    const training = this.current;
    if (training.metricNames.length === 0 || logs['val_loss'] === undefined) return;
    const measured = training.metricNames.map(
      async (name) => [name, await numberOf(logs[`val_${name}`])] as const,
    );
    const evaluation = { step: training.step, metrics: Object.fromEntries(await Promise.all(measured)) };
    training.evaluations.push(evaluation);
    await training.each((callback) => callback.onEvaluate?.(training, evaluation));
    await this.settle(training);
  }

  override async onTrainEnd(): Promise<void> {
    const training = this.current;
    await training.each((callback) => callback.onTrainEnd?.(training));
    await this.settle(training);
    this.dispose();
  }

  dispose(): void {
    runAll([...disposalsOf(this.ours), () => this.release()]);
  }

  private get current(): StockTraining {
    if (this.training) return this.training;
    throw new UserError('Expected callbacks in a training by model.fit, got them called without one.');
  }

  private release(): void {
    this.training?.parameters.dispose();
    this.training = undefined;
  }

  /** The model and its optimizer get what callbacks did. */
  private async settle(training: StockTraining): Promise<void> {
    await this.enforceMasks(training);
    await training.flushLog();
  }

  private async enforceMasks({ model, parameters }: StockTraining): Promise<void> {
    parameters.upload();
    await pruneMoments(model.optimizer, parameters.list);
  }
}

type StockLogs = Readonly<Record<string, number | tf.Tensor>>;

/** What tfjs tells callbacks; null where it does not know. */
interface StockParams {
  readonly epochs: number;
  readonly initialEpoch: number | null;
  readonly samples: number | null;
  readonly batchSize: number | null;
  readonly steps: number | null;
  readonly doValidation: boolean;
  readonly metrics: readonly string[];
}

function planOf({
  epochs,
  initialEpoch,
  samples,
  batchSize,
  steps,
  doValidation,
  metrics,
}: StockParams): StockPlan {
  const stepsPerEpoch = samples && batchSize ? Math.ceil(samples / batchSize) : steps;
  if (!stepsPerEpoch) {
    throw new UserError(
      'Expected a dataset whose number of batches is known; give model.fitDataset its batchesPerEpoch.',
    );
  }
  const validated = metrics.flatMap((name) => (name.startsWith('val_') ? [name.slice('val_'.length)] : []));
  return {
    epochs,
    initialEpoch: initialEpoch ?? 0,
    stepsPerEpoch,
    metricNames: doValidation ? validated : [],
  };
}

async function numberOf(value: number | tf.Tensor | undefined): Promise<number> {
  if (value === undefined || typeof value === 'number') return value ?? NaN;
  return (await value.data())[0]!;
}
