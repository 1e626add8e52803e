import type * as tf from '@tensorflow/tfjs';
import { UserError } from '../../lib/core/errors';
import { trainablesOf } from '../../lib/core/trainables';
import type { Callback, Evaluation, LogEntry, LogValue, Training } from '../callback';
import type { Engine } from '../engine';
import { type Parameters, parametersOf } from '../parameters';

/** What `model.fit` says of a training before it begins. */
export interface StockPlan {
  /** At which it ends. */
  readonly epochs: number;
  /** At which it begins. */
  readonly initialEpoch: number;
  readonly stepsPerEpoch: number;
  /** Names of what it evaluates, `loss` first; none without validation data. */
  readonly metricNames: readonly string[];
}

/** A training by `model.fit`, as our callbacks see one. It has no gradients, and no engine to compute with. */
export class StockTraining implements Training {
  readonly parameters: Parameters;
  readonly engine = NO_ENGINE;
  readonly evaluations: Evaluation[] = [];
  readonly gradientNorm = NaN;
  readonly accumulated = 1;
  step: number;
  epoch = 0;
  loss = NaN;
  private entries: LogEntry[] = [];

  constructor(
    readonly model: tf.LayersModel,
    private readonly callbacks: readonly Callback[],
    private readonly plan: StockPlan,
  ) {
    expectNothingElseTrained(model);
    this.step = plan.initialEpoch * plan.stepsPerEpoch;
    this.parameters = parametersOf(model);
    for (const parameter of this.parameters.list)
      Object.defineProperty(parameter, 'gradient', { get: noGradients });
  }

  get totalSteps(): number {
    return this.plan.epochs * this.plan.stepsPerEpoch;
  }

  get stepsPerEpoch(): number {
    return this.plan.stepsPerEpoch;
  }

  get metricNames(): readonly string[] {
    return this.plan.metricNames;
  }

  get learningRate(): number {
    return this.model.optimizer.getConfig()['learningRate'] as number;
  }

  get countsFrom(): number {
    return Math.max(0, ...this.callbacks.map((callback) => callback.countsFrom?.(this) ?? 0));
  }

  log(tag: string, value: LogValue): void {
    this.entries.push({ tag, value });
  }

  stop(): void {
    this.model.stopTraining = true;
  }

  interrupt(): void {
    this.stop();
  }

  /** One callback after the other. */
  async each(hook: (callback: Callback) => void | Promise<void>): Promise<void> {
    for (const callback of this.callbacks) await hook(callback);
  }

  /** Hands what was logged to the callbacks. */
  async flushLog(): Promise<void> {
    const entries = this.entries;
    this.entries = [];
    if (entries.length > 0) await this.each((callback) => callback.onLog?.(this, entries));
  }
}

/** Scores that are learned, and step sizes: `model.fit` would leave them as they are. */
function expectNothingElseTrained(model: tf.LayersModel): void {
  const [stray] = trainablesOf(model);
  if (!stray) return;
  throw new UserError(
    `Expected a model of which model.fit trains everything, got "${stray.path}", which it does not know; use fit.`,
  );
}

function noGradients(): never {
  throw new UserError(
    'Expected callbacks that need no gradients, for model.fit shows none, got one that does (a saliency of gradients, or rigl); use fit.',
  );
}

function noEngine(): never {
  throw new UserError(
    'Expected callbacks that compute nothing with the model in model.fit, got one that does (a scoring pass of gradients); use fit.',
  );
}

const NO_ENGINE: Engine = {
  description: `model.fit`,
  gradients: async () => noEngine(),
  inference: async () => noEngine(),
  use: () => undefined,
  dispose: () => undefined,
};
