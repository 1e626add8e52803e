import type * as tf from '@tensorflow/tfjs';
import type { BatchSource } from '../../datasets/batch';
import type { Footprint } from '../../lib/analysis/footprint';
import type { LatencyOptions } from '../../lib/analysis/latency';
import type { Json } from '../../lib/core/config';
import type { Compressed } from '../../lib/compress/compressed';
import type { Callback, Metrics } from '../callback';
import type { Progress } from '../callbacks/display';
import type { EngineFactory } from '../engine';
import type { Loss } from '../losses';
import type { Metric } from '../metrics';
import type { Optimizer } from '../optimizer';
import type { LearningRate } from '../schedules';

/** What all methods of a comparison share: the model, the data, and how they are trained. */
export interface Setup {
  /** A new model with the first weights of a seed; the caller's to dispose. The same seed gives the same bits. */
  readonly model: (seed: number) => tf.LayersModel | Promise<tf.LayersModel>;
  /** The training data in the order of a seed. */
  readonly data: (seed: number) => BatchSource;
  /** Examples to evaluate on. */
  readonly dev: BatchSource;
  /** The same data cut by another tokenizer: for recipes with a phase that ends with one. */
  readonly tokenizedBy?: (tokenizer: unknown) => Pick<Setup, 'data' | 'dev'>;
  /** What trainings minimise, but where a method teaches by another one; its mean on `dev` is reported. */
  readonly loss: Loss;
  /** Scores of `dev`, by the names that outcomes have them under; the first is what models are compared by. */
  readonly metrics: Readonly<Record<string, Metric>>;
  /** Of all trainings: what it remembers lies in each one's own parameters. */
  readonly optimizer: Optimizer;
  /** Epochs of a training, a whole number; with 0 recipes that quantize or cut take the model as it is. */
  readonly epochs: number;
  /** The schedule of a training of so many steps: each training starts it anew. */
  readonly learningRate: (totalSteps: number) => LearningRate;
  /** Gradients are scaled down to this global norm where theirs is larger; no clipping by default. */
  readonly clipNorm?: number;
  /** What computes, made anew for each training. */
  readonly engine: EngineFactory;
  /** Optimizer steps between two evaluations; one epoch by default. The last step is always evaluated. */
  readonly evaluateEvery?: number;
  /** Optimizer steps between two checkpoints; one epoch by default. */
  readonly checkpointEvery?: number;
}

/** Which of a recipe's trainings this is. */
export interface Label {
  /** `dense`, `ticket`, `shuffled`, `reinit`, `gradual`, `qat`. */
  readonly method: string;
  /** Of the first weights, the order of the data, and dropout. */
  readonly seed: number;
  /** Pruning level, where there are levels; 0 is dense. */
  readonly level?: number;
  /** What it is for: the recipe's method, what that is compared with, or a control that explains why it works. */
  readonly role: 'method' | 'baseline' | 'control';
  /** Which of the recipe's trainings it is, from 0. */
  readonly index: number;
  /** How many trainings the recipe has in all. */
  readonly count: number;
}

/** How much of a pruning target is gone. */
export interface LayerSparsity {
  /** Of the weight. */
  readonly path: string;
  /** Zeros among its values, a fraction in [0, 1], counted. */
  readonly sparsity: number;
}

/** A point of a training's loss. */
export interface LossPoint {
  /** Optimizer steps done. */
  readonly step: number;
  /** Mean over the steps since the point before. */
  readonly loss: number;
}

/** What one training came to; `outcome.json` of its folder. */
export interface Outcome {
  /** Which of the recipe's trainings it was: see {@link Label}. */
  readonly method: string;
  /** Of the first weights, the order of the data, and dropout. */
  readonly seed: number;
  /** Pruning level, where there are levels; 0 is dense. */
  readonly level?: number;
  /** How its phase was made, as plain data: sparsities, rules, fractions of the training; absent where there is nothing to say. */
  readonly options?: Json;
  /** Zeros among the pruning targets, a fraction in [0, 1), counted on the weights. */
  readonly sparsity: number;
  /** The same of each pruning target. */
  readonly layers: readonly LayerSparsity[];
  /** Values of all weights of the model. */
  readonly parameters: number;
  /** Those of them that are exactly 0, counted. */
  readonly zeros: number;
  /** Bits of a quantized weight; absent for float32, and where weights have several widths. */
  readonly bits?: number;
  /** Of the last evaluation. */
  readonly metrics: Metrics;
  /** What the weights take as they are stored, measured; zeros take room too. */
  readonly bytes: number;
  /** What its file costs, beside the setup's own model in floats; absent where it was not measured. */
  readonly footprint?: Footprint;
  /** The share of the cost that was cut out at once, counted: at least what was asked. */
  readonly removed?: number;
  /** How far its answers to `dev` were moved by the cut, per example: of classes the mean KL divergence from the dense model's. */
  readonly divergence?: number;
  /** Optimizer steps of the training. */
  readonly steps: number;
  /** Wall time of training and evaluation, over all parts of an interrupted training. */
  readonly seconds: number;
  /** Training loss at some steps, evenly spread: the mean since the one before. */
  readonly losses: readonly LossPoint[];
}

/** What a recipe tells its caller while it runs. Every hook is optional. */
export interface Listener {
  /** Callbacks to add to one training, whose folder is given. */
  readonly callbacks?: (label: Label, folder: string) => readonly Callback[];
  /**
   * The trained model as it would be exported, with its codes where it has them, before it is let go. The outcome is on the disk only
   * after this: a kill before means another call.
   */
  readonly onTrained?: (
    trained: tf.LayersModel | Compressed,
    label: Label,
    outcome: Outcome,
  ) => void | Promise<void>;
  /** What a person should know about a training's checkpoints, in a sentence; a warning of the process by default. */
  readonly onNotice?: (notice: string, label: Label) => void;
  /** Told how far something is that takes long and is no training: What it throws breaks that off. */
  readonly onProgress?: (progress: Progress) => void;
  /** `reused`: it was found finished. */
  readonly onOutcome?: (outcome: Outcome, label: Label, reused: boolean) => void;
}

/** Options that every recipe has. */
export interface RecipeOptions {
  /** What all rows of the results share. */
  readonly setup: Setup;
  /** Everything that a recipe must find again when it is started once more is kept here, a folder per training. */
  readonly folder: string;
  /** Told of each training, and of what takes long between them; nobody by default. */
  readonly listener?: Listener;
  /** How to measure what files cost, on the first development batch; not measured by default. Recipes that quantize take it. */
  readonly footprint?: LatencyOptions;
}

/** Optimizer steps of one training. */
export function stepsOf({ epochs, data }: Setup, seed: number): number {
  return epochs * data(seed).batchesPerEpoch;
}
