import type * as tf from '@tensorflow/tfjs';
import type { Batch, BatchSource } from '../datasets/batch';
import { runAll } from '../lib/core/conclude';
import { batchWeights } from './batch-weights';
import type { Callback, Evaluation, LogEntry, LogValue, Training } from './callback';
import type { Engine } from './engine';
import { checkedSource } from './checked-source';
import { evaluate } from './evaluate';
import { Identity, trainingIdentity } from './identity';
import type { Parameters } from './parameters';
import { Plan, Position, positionAfter, stepsPerEpoch } from './position';
import type { TrainOptions } from './train-options';

/** The hooks that get nothing but the training. */
type PlainHook = 'onTrainBegin' | 'onEpochBegin' | 'onStepBegin' | 'onGradients' | 'onStepEnd' | 'onTrainEnd';

/** How to dispose each callback. */
export function disposalsOf(callbacks: readonly Callback[]): (() => void)[] {
  return callbacks.map((callback) => () => callback.dispose?.());
}

/** The state of one `train` call and the parts of a step; the order of these parts is trainer.ts's. */
export class Run implements Training {
  readonly model: tf.LayersModel;
  readonly plan: Plan;
  readonly callbacks: readonly Callback[];
  /** The options' `data` and `dev`, every batch checked. */
  readonly data: BatchSource;
  readonly dev: BatchSource | undefined;
  step: number;
  learningRate = NaN;
  loss = NaN;
  gradientNorm = NaN;
  accumulated = 1;
  /** Mean loss of every step. */
  losses: number[] = [];
  evaluations: Evaluation[] = [];
  stopped: string | undefined;
  interruption: string | undefined;
  private entries: LogEntry[] = [];
  private known: Promise<Identity> | undefined;

  constructor(
    readonly options: TrainOptions,
    readonly parameters: Parameters,
    readonly engine: Engine,
  ) {
    this.model = options.model;
    this.callbacks = options.callbacks ?? [];
    const { data, dev, loss } = options;
    this.data = checkedSource(data, this.model, loss);
    this.dev = dev && checkedSource(dev, this.model, loss);
    this.plan = { batchesPerEpoch: options.data.batchesPerEpoch, accumulation: options.accumulation ?? 1 };
    this.step = options.startStep ?? 0;
  }

  get stepsPerEpoch(): number {
    return stepsPerEpoch(this.plan);
  }

  get totalSteps(): number {
    const { steps, epochs = 0 } = this.options;
    return steps ?? epochs * this.stepsPerEpoch;
  }

  get position(): Position {
    return positionAfter(this.step, this.plan);
  }

  get epoch(): number {
    return this.position.epoch;
  }

  get seed(): number {
    return this.options.seed ?? 0;
  }

  get metricNames(): readonly string[] {
    const { dev, metrics = {} } = this.options;
    return dev ? ['loss', ...Object.keys(metrics)] : [];
  }

  get countsFrom(): number {
    return Math.max(0, ...this.callbacks.map((callback) => callback.countsFrom?.(this) ?? 0));
  }

  /** What this training is; found out when it is first asked for. */
  identity(): Promise<Identity> {
    return (this.known ??= trainingIdentity(this.options, this.engine));
  }

  get finished(): boolean {
    return this.step >= this.totalSteps || this.stopped !== undefined || this.interruption !== undefined;
  }

  stop(reason: string): void {
    this.stopped ??= reason;
  }

  interrupt(reason: string): void {
    this.interruption ??= reason;
  }

  log(tag: string, value: LogValue): void {
    this.entries.push({ tag, value });
  }

  /** One callback after the other, each beginning on the engine's backend. */
  private async each(hook: (callback: Callback) => void | Promise<void>): Promise<void> {
    for (const callback of this.callbacks) {
      this.engine.use();
      await hook(callback);
    }
  }

  async call(hook: PlainHook): Promise<void> {
    await this.each((callback) => callback[hook]?.(this));
  }

  /**
   * Fills gradient memory with the batches' gradients, weighted so that everything that the loss averages over counts the same. A batch
   * in which nothing counts is left out.
   */
  async backward(batches: readonly Batch[]): Promise<void> {
    const weights = batchWeights(batches, this.options.loss);
    const { seed, position } = this;
    let loss = 0;
    let total = 0;
    let last = 0;
    for (const [i, batch] of batches.entries()) {
      const weight = weights[i]!;
      if (weight === 0) continue;
      if (total > 0 && weight !== last) this.scaleGradients(last / weight);
      const clock = { seed, tick: position.tick + i };
      const batchLoss = await this.engine.gradients(batch, { accumulate: total > 0, clock });
      last = weight;
      total += weight;
      loss += (batchLoss - loss) * (weight / total);
    }
    this.accumulated = total / last;
    this.loss = loss;
    this.losses.push(loss);
    this.log('train/loss', loss);
    this.log('train/learning-rate', this.learningRate);
  }

  /** A training starts with an optimizer that has seen nothing. */
  resetOptimizer(): void {
    for (const { slots } of this.parameters.list) Object.values(slots).forEach((slot) => slot.fill(0));
  }

  private scaleGradients(factor: number): void {
    for (const { gradient } of this.parameters.list) {
      for (let i = 0; i < gradient.length; i++) gradient[i]! *= factor;
    }
  }

  /** One optimizer step. Masked weights and their moments are 0 after it. */
  update(): void {
    const { learningRate, accumulated, parameters } = this;
    const { optimizer, clipNorm, startStep = 0 } = this.options;
    const step = this.step - startStep + 1; // the optimizer's own count
    this.engine.use();
    const report = optimizer.apply(parameters, { learningRate, step, clipNorm, accumulated });
    this.gradientNorm = report.gradientNorm;
    this.step++;
  }

  async evaluate(): Promise<void> {
    const { loss, metrics } = this.options;
    const { dev } = this;
    if (!dev) return;
    const evaluation = { step: this.step, metrics: await evaluate(this.engine, dev, { loss, metrics }) };
    this.evaluations.push(evaluation);
    for (const [name, value] of Object.entries(evaluation.metrics)) this.log(`dev/${name}`, value);
    await this.each((callback) => callback.onEvaluate?.(this, evaluation));
  }

  /** Hands what was logged to the callbacks. */
  async flushLog(): Promise<void> {
    const entries = this.entries;
    this.entries = [];
    if (entries.length === 0) return;
    await this.each((callback) => callback.onLog?.(this, entries));
  }

  /** @throws the first error of a part, after all others were disposed. */
  dispose(): void {
    const own = this.options.parameters ? [] : [() => this.parameters.dispose()];
    runAll([...disposalsOf(this.callbacks), () => this.engine.dispose(), ...own]);
  }
}
