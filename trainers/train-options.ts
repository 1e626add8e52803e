import type * as tf from '@tensorflow/tfjs';
import type { BatchSource } from '../datasets/batch';
import type { Callback } from './callback';
import type { EngineFactory } from './engine';
import type { Loss } from './losses';
import type { Metric } from './metrics';
import type { Optimizer } from './optimizer';
import type { Parameters } from './parameters';
import type { LearningRate } from './schedules';

/** Options of {@link train}. */
export interface TrainOptions {
  /** Any model with one output, with several where the loss is of several; its trainable weights are trained in place. */
  readonly model: tf.LayersModel;
  /** What is minimised, with the penalties of the model's regularizers; it says too what its mean is over. */
  readonly loss: Loss;
  /** Batches to train on, in the order of each epoch. */
  readonly data: BatchSource;
  /** Examples to evaluate on. */
  readonly dev?: BatchSource;
  /** Metrics of the dev set, by name; its mean loss is always reported. */
  readonly metrics?: Readonly<Record<string, Metric>>;
  /** `adamW()`, `sgd()`; its memory begins at 0. */
  readonly optimizer: Optimizer;
  /** By optimizer step: `constantRate`, `linearWarmup`. */
  readonly learningRate: LearningRate;
  /** Optimizer steps at which training ends, those before `startStep` counted. Give this or `epochs`. */
  readonly steps?: number;
  /** The same in epochs. */
  readonly epochs?: number;
  /** Steps that count as done at the beginning, for data order and learning rate: where a rewound model goes on. 0 by default. */
  readonly startStep?: number;
  /** Batches per optimizer step; 1 by default. What the loss averages over (examples, by default) counts the same, as in one big batch. */
  readonly accumulation?: number;
  /** Gradients are scaled down to this global norm where theirs is larger; no clipping by default. */
  readonly clipNorm?: number;
  /** What computes; `compiledEngine()` by default. */
  readonly engine?: EngineFactory;
  /**
   * The model's parameters, with the optimizer's slots, where several runs share them: they stay the caller's. Made and freed here
   * by default. Weights and masks are taken as they are; moments start at 0.
   */
  readonly parameters?: Parameters;
  /** What else happens in the run, in this order; none by default. */
  readonly callbacks?: readonly Callback[];
  /** Keys dropout masks and noise, those of tfjs's layers too; 0 by default. The order of the data has a seed of its own. */
  readonly seed?: number;
  /** Where the run keeps what it needs to go on after it was broken off; nowhere by default. */
  readonly checkpoint?: CheckpointOptions;
  /** Steps between two evaluations; one epoch by default. The last step is always evaluated. */
  readonly evaluateEvery?: number;
}

/** Where and how often a run is saved. */
export interface CheckpointOptions {
  /** A run that finds a checkpoint here goes on from it. */
  readonly folder: string;
  /** Optimizer steps between two checkpoints; one epoch by default. The last step is always saved. */
  readonly every?: number;
  /** Told in a sentence of a damaged checkpoint that an older one stands in for; a warning of the process by default. */
  readonly onNotice?: (notice: string) => void;
}
