import type * as tf from '@tensorflow/tfjs';
import type { Config, Json } from '../lib/core/config';
import type { HostTensor } from '../lib/core/host-tensor';
import type { Engine } from './engine';
import type { Parameters } from './parameters';

/** What a checkpoint keeps of a callback; numbers come back exactly, NaN and infinities too. */
export interface CallbackState {
  /** Plain data, in the checkpoint's JSON. */
  readonly values?: Json;
  /** By name, beside the model's weights. */
  readonly tensors?: Readonly<Record<string, HostTensor>>;
}

/** A number (a point of a curve), the values of a distribution, or a Markdown text. */
export type LogValue = number | Float32Array | string;

/** One value that was logged; its step is `training.step`. */
export interface LogEntry {
  /** As in design section 7: `train/loss`, `sparsity/<path>`. */
  readonly tag: string;
  /** As `log` got it, the same object for all callbacks: not to be written. */
  readonly value: LogValue;
}

/** Metrics of the dev set by name, its mean loss as `loss`. */
export type Metrics = Readonly<Record<string, number>>;

/** One evaluation of the dev set. */
export interface Evaluation {
  /** Optimizer steps done. */
  readonly step: number;
  /** On the whole dev set. */
  readonly metrics: Metrics;
}

/** A run in progress, as callbacks see it. */
export interface Training {
  /**
   * In training: its variables, and the arrays that their `dataSync()` gives, are written by every step. A `clone()` of a variable
   * keeps the values of its moment, as does `parameters.snapshot()`.
   */
  readonly model: tf.LayersModel;
  /** Weights, gradients, moments and masks, in host memory. */
  readonly parameters: Parameters;
  /** What computes; to ask the model for answers, `engine.inference()`. */
  readonly engine: Engine;
  /** Optimizer steps done: in `onStepBegin` of the first step 0, in its `onStepEnd` 1. */
  readonly step: number;
  /** Epochs begun before the current one. */
  readonly epoch: number;
  /** Optimizer steps at which the run ends unless it is stopped, those before its `startStep` counted. */
  readonly totalSteps: number;
  /** Optimizer steps, of `accumulation` batches each; the last of an epoch may have fewer. */
  readonly stepsPerEpoch: number;
  /** Learning rate of the current step. */
  readonly learningRate: number;
  /** Mean loss of the last step, over its examples or what else the loss averages over; NaN before the first one. */
  readonly loss: number;
  /** Global norm of the last step's mean gradient, before clipping; NaN before the first step. */
  readonly gradientNorm: number;
  /** Gradient memory holds the mean gradient of the step (over its examples, or what the loss averages over) times this. */
  readonly accumulated: number;
  /** Every evaluation so far. */
  readonly evaluations: readonly Evaluation[];
  /** Names of what evaluations measure, `loss` first; none without a dev set. */
  readonly metricNames: readonly string[];
  /** Optimizer steps after which results count: what the run is for has begun, as all callbacks say; 0 by default. */
  readonly countsFrom: number;
  /** Writes a value under the current step; all callbacks get it in `onLog`, after `onStepEnd`. */
  log(tag: string, value: LogValue): void;
  /** Ends the run after the current step, as if it were the last; the result carries the reason. */
  stop(reason: string): void;
  /** Breaks the run off after the current step and its checkpoint: `train` throws `Interrupted`, and can be called again. */
  interrupt(reason: string): void;
}

/**
 * New behaviour in the training loop. Every hook is optional and may be async; those of one kind run in the order in which the
 * callbacks are listed. The loop's order is fixed: `onStepBegin` → forward and backward → `onGradients` → optimizer, masks
 * included → `onStepEnd` → evaluation, `onEvaluate` → `onLog` → checkpoint.
 */
export interface Callback {
  /** Names its part of a checkpoint: unique in a run. */
  readonly name: string;
  /** How it was made, where that decides what is trained: a checkpoint goes on with the same one only. */
  readonly config?: Config;
  /**
   * Optimizer steps after which the run's results count for this callback: before, the model is not what it is to become, not yet
   * pruned as asked for example. Nobody takes an earlier one for the best. 0 by default.
   */
  countsFrom?(training: Training): number;
  /** After the end: of which evaluation the model is that the callback has put back; the last one's where it has put back none. */
  keptEvaluation?(): Evaluation | undefined;
  /** Once, before the first step; after `restore` when the run is resumed. */
  onTrainBegin?(training: Training): void | Promise<void>;
  /** Before the first step of an epoch; not where a resumed run begins within one. */
  onEpochBegin?(training: Training): void | Promise<void>;
  /** Before the forward pass; `learningRate` is this step's already. */
  onStepBegin?(training: Training): void | Promise<void>;
  /** Gradient memory is filled, weights are still the old ones. */
  onGradients?(training: Training): void | Promise<void>;
  /** The optimizer has run. */
  onStepEnd?(training: Training): void | Promise<void>;
  /** The dev set was evaluated, with the weights after `training.step` steps. */
  onEvaluate?(training: Training, evaluation: Evaluation): void | Promise<void>;
  /** What was logged since the last time, at `training.step`. */
  onLog?(training: Training, entries: readonly LogEntry[]): void | Promise<void>;
  /** Once, after the last step and its checkpoint; not when the run fails or is interrupted. */
  onTrainEnd?(training: Training): void | Promise<void>;
  /** For the checkpoint. A callback with `state` has `restore`, and the other way round. */
  state?(): CallbackState;
  /** Takes back what `state` gave, before `onTrainBegin` of a resumed run. */
  restore?(state: CallbackState): void;
  /** Always called last, also when the run or another callback's `dispose` fails: lets go of files, timers and listeners. */
  dispose?(): void;
}
