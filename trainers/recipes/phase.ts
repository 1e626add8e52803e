import type * as tf from '@tensorflow/tfjs';
import type { Compressed } from '../../lib/compress/compressed';
import type { Json } from '../../lib/core/config';
import type { Callback } from '../callback';
import type { Loss } from '../losses';
import type { ModelState } from '../model-state';
import type { Label, Outcome, Setup } from './setup';

/**
 * A part of a recipe, and a row of its results: a model as another phase left it, or with its first weights, is made ready, trained, and
 * finished. `Phases` runs it, in a folder of its own, once.
 */
export interface Phase {
  /** Which row of the results it is; its folder is named by it. */
  readonly label: Omit<Label, 'index' | 'count'>;
  /** All that decides what comes of it beside the setup and the phases before, as plain data: another one's folder is refused. */
  readonly identity: Json;
  /** The phase, run before, whose end this one begins with; the first weights by default. It must hand on. */
  readonly after?: Phase;
  /** Keeps the model that it ends with, for phases after it. Default false. */
  readonly handsOn?: boolean;
  /** Optimizer steps after which the model as it is then is kept too, for `States.at`. None by default. */
  readonly keepsStep?: number;
  /** Whether the model is trained; true by default. */
  readonly trains?: boolean;
  /** Epochs of its training, at least 1; the setup's by default. */
  readonly epochs?: number;
  /** Learning rate of its training; the setup's by default. */
  readonly learningRate?: Setup['learningRate'];
  /** Whom it learns from, with what loss; the setup's loss alone by default. */
  readonly taught?: Taught;
  /** Steps that count as done when it begins, for the learning rate, the order of the data and dropout; 0 by default. */
  readonly startStep?: number;
  /** What it begins with, made of what there is; what `after` ended with, or the first weights, by default. */
  start?(states: States): ModelState | Promise<ModelState>;
  /** Callbacks of its training. @param steps of the training. */
  callbacks?(steps: number, start: ModelState): readonly Callback[];
  /** Changes the model in place before it is trained, so that it gets one of its own; undone by what is returned. */
  attach?(model: tf.LayersModel, steps: number): Attached | Promise<Attached>;
}

/** A teacher, which is let go with the training. */
export interface Taught {
  /** The phase that ended with it, run before. It must hand on. */
  readonly by: Phase;
  /** What the training minimises. */
  loss(teacher: tf.LayersModel, student: tf.LayersModel): Loss;
}

/** What a phase did to its model. */
export interface Attached {
  /** Of its training, after those of the phase. Default none. */
  readonly callbacks?: readonly Callback[];
  /** What is scored and handed on, the caller's from then on; the model itself by default. */
  end?(): Finished | Promise<Finished>;
  /** What is known then beside the score, for the outcome. */
  facts?(): Pick<Outcome, 'removed' | 'divergence'>;
  /** The tokenizer that texts are cut by from then on, as plain data for `Setup.tokenizedBy`; the one so far by default. */
  tokenizer?(): Json;
  /** Takes off what was attached, after the end and after a failure. */
  detach?(): void;
  /** Told of the score, and of that of `after`. */
  scored?(outcome: Outcome, beside: Beside): void | Promise<void>;
}

/** What a score is seen beside. */
export interface Beside {
  /** Of the phase that was scored. */
  readonly label: Label;
  /** Of `after`. */
  readonly before: Outcome | undefined;
}

/** What a phase ends with. */
export type Finished = tf.LayersModel | Compressed;

/** States of a seed's models: weights, masks, and what is attached, by name. */
export interface States {
  /** Of the first weights. */
  readonly first: ModelState;
  /** What `after` ended with; `first` where there is none. */
  readonly before: ModelState;
  /** A model of the setup's structure, to ask about its layers; whatever its weights are, they are not to be changed. */
  model(): Promise<tf.LayersModel>;
  /** What a phase kept at its `keepsStep`. */
  at(phase: Phase): ModelState;
  /** The first weights of another seed, by another maker if one is given. */
  firstOf(
    seed: number,
    model?: (seed: number) => tf.LayersModel | Promise<tf.LayersModel>,
  ): Promise<ModelState>;
}
