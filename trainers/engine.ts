import * as tf from '@tensorflow/tfjs';
import type { Batch } from '../datasets/batch';
import type { Clock } from '../lib/core/clock';
import type { Compressed } from '../lib/compress/compressed';
import type { Config } from '../lib/core/config';
import { UserError } from '../lib/core/errors';
import { forwardThrough } from '../lib/forward/forward';
import { layersOf } from '../lib/core/layers';
import type { Inference } from './inference';
import { type Loss, lossOf } from './losses';
import type { Parameters } from './parameters';

/**
 * What computes: the model's predictions, and the gradients of the loss. Weights and gradients live in host memory (trainers/
 * parameters.ts), where the optimizer works on them, whichever engine runs.
 */
export interface Engine {
  /** What runs, for people: `compiled (onnxruntime cpu, 2 threads)`. */
  readonly description: string;
  /**
   * One forward and backward pass in training mode: fills the parameters' gradient memory with the gradient of the batch's mean
   * loss (0 for a weight that the loss does not depend on), or adds it to what is there.
   *
   * @returns the mean loss.
   */
  gradients(batch: Batch, options: GradientsOptions): Promise<number>;
  /**
   * The model in inference mode, with the weights that it has now. Whether later changes show is not promised: ask anew after them,
   * and dispose what is not needed any more.
   */
  inference(): Promise<Inference>;
  /**
   * Makes the tfjs backend on which the engine's tensors are the current one. The trainer calls it before the optimizer, the callbacks
   * and the loss of an evaluation run: another training in this process may have made its own the current one.
   */
  use(): void;
  /** Frees what the engine made; the model and its parameters stay. */
  dispose(): void;
}

/** How an {@link Engine} computes gradients. */
export interface GradientsOptions {
  /** Add to gradient memory instead of filling it. */
  readonly accumulate: boolean;
  /** When the pass is, in its run: keys the dropout masks. Seed 0 and tick 0 by default. */
  readonly clock?: Clock;
}

/** The default of `clock`. */
export const START: Clock = { seed: 0, tick: 0 };

/** Makes the engine of a run, or of a compressed model that is to answer and not to be trained. */
export interface EngineFactory {
  (subject: tf.LayersModel | Compressed, parameters: Parameters, loss: Loss): Promise<Engine>;
  /** How it was made. */
  readonly config?: Config;
}

/** @throws UserError for a compressed model: its codes would not follow its weights. */
export function expectToTrain({ model, weights }: Compressed): void {
  if (weights.size === 0) return;
  throw new UserError(
    `Expected a model to train, got a compressed one, "${model.name}", whose codes would not follow; train the prepared model, or ` +
      'the .model of what convert returned.',
  );
}

/** What training minimises: the loss of a batch plus the penalties of the model's regularizers, each once. Both engines run this. */
export function objective(
  model: tf.LayersModel,
  loss: Loss,
  xs: tf.Tensor[],
  labels: readonly tf.Tensor[],
): tf.Scalar {
  return tf.tidy(() => {
    const penalties = penaltiesOf(model).map((penalty) => penalty());
    const several = loss.ofSeveral !== undefined;
    const found = forwardThrough(model, xs, { pass: 'training', layers: loss.layers, several });
    const outputs = found.slice(0, model.outputs.length);
    const seen = { inputs: xs, hidden: found.slice(outputs.length) };
    return penalties.reduce<tf.Scalar>(
      (sum, penalty) => sum.add(penalty),
      lossOf(loss, outputs, labels, seen),
    );
  });
}

/** The penalties of a model's layers: a wrapper's are those of the layer in it, and a layer may refer to others that are not trained. */
function penaltiesOf(model: tf.LayersModel): (() => tf.Scalar)[] {
  const known = new Set(model.weights);
  const layers = layersOf(model).filter(
    ({ weights }) => weights.length === 0 || weights.some((weight) => known.has(weight)),
  );
  return [...new Set(layers.flatMap((layer) => layer.losses))];
}
