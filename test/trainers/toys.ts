import * as tf from '@tensorflow/tfjs';
import { BatchSource, fromTensors, FromTensorsOptions } from '../../datasets/batch';
import { dropout } from '../../lib/models/layers/dropout';
import type { Callback } from '../../trainers/callback';
import { eagerEngine } from '../../trainers/engines/eager';
import type { Loss } from '../../trainers/losses';
import { softmaxCrossEntropy } from '../../trainers/losses';
import { adamW, sgd } from '../../trainers/optimizer';
import { constantRate } from '../../trainers/schedules';
import type { TrainOptions } from '../../trainers/trainer';

/** predictions = x · w, with w [2, 1] = 0 at first. */
export function slopeModel(): tf.Sequential {
  return tf.sequential({
    layers: [
      tf.layers.dense({
        units: 1,
        inputShape: [2],
        useBias: false,
        kernelInitializer: 'zeros',
        name: 'slope',
      }),
    ],
  });
}

/** The mean prediction: its gradient is the mean row of a batch. */
export const slope: Loss = (predictions) => predictions.mean() as tf.Scalar;

/** Four rows, in this order in every epoch. */
export function fourRows(batchSize = 1): BatchSource {
  const xs = tf.tensor2d([
    [1, 0],
    [0, 2],
    [3, 0],
    [0, 4],
  ]);
  return sourceOf([xs], tf.tensor1d([1, 2, 3, 4]), { batchSize, shuffle: false });
}

function sourceOf(xs: tf.Tensor[], ys: tf.Tensor, options: FromTensorsOptions): BatchSource {
  const source = fromTensors(xs, ys, options);
  tf.dispose([xs, ys]);
  return source;
}

/** Training w by plain descent with rate 1 on the four rows: each step takes a row (or the mean of a batch) off w. */
export function slopeTraining(model: tf.LayersModel, options: Partial<TrainOptions> = {}): TrainOptions {
  return {
    model,
    loss: slope,
    data: fourRows(),
    optimizer: sgd({ momentum: 0 }),
    learningRate: constantRate(1),
    engine: eagerEngine({ backend: 'cpu' }),
    ...options,
  };
}

/** All weights of a model, in order. */
export function weightValues(model: tf.LayersModel): number[] {
  return model.getWeights().flatMap((weight) => [...weight.dataSync()]);
}

/** Two inputs, a hidden layer with batch norm (weights that are not trained) and dropout, two classes. */
export function classifierModel(): tf.LayersModel {
  const [left, right] = [tf.input({ shape: [2], name: 'left' }), tf.input({ shape: [1], name: 'right' })];
  const init = (seed: number) => tf.initializers.randomNormal({ seed, stddev: 0.5 });
  const dense = (name: string, units: number, seed: number) =>
    tf.layers.dense({ name, units, useBias: false, kernelInitializer: init(seed) });
  const joined = tf.layers.concatenate({ name: 'joined' }).apply([left, right]);
  const hidden = tf.layers
    .batchNormalization({ name: 'norm' })
    .apply(dense('hidden', 6, 1).apply(joined) as tf.SymbolicTensor) as tf.SymbolicTensor;
  const active = tf.layers.activation({ name: 'active', activation: 'tanh' }).apply(hidden);
  const dropped = dropout({ name: 'dropped', rate: 0.25 }).apply(active) as tf.SymbolicTensor;
  const outputs = dense('classifier', 2, 2).apply(dropped) as tf.SymbolicTensor;
  return tf.model({ inputs: [left, right], outputs });
}

/** 22 examples of the classifier's task, whether left₀ + left₁ > right, in batches of 4: the last one has 2. */
export function classifierData(shuffle: boolean): BatchSource {
  const left = tf.randomNormal([22, 2], 0, 1, 'float32', 7);
  const right = tf.randomNormal([22, 1], 0, 1, 'float32', 8);
  const labels = tf.tidy(() =>
    left
      .sum(1)
      .greater(right.squeeze([1]))
      .toInt(),
  );
  return sourceOf([left, right], labels, { batchSize: 4, seed: 3, shuffle });
}

/** AdamW on the classifier, two batches per step, so three steps per epoch, the last with its one uneven batch alone. */
export function classifierTraining(model: tf.LayersModel, options: Partial<TrainOptions> = {}): TrainOptions {
  return {
    model,
    loss: softmaxCrossEntropy,
    data: classifierData(true),
    dev: classifierData(false),
    metrics: { agreement },
    optimizer: adamW({ weightDecay: 0.1 }),
    learningRate: (step) => 0.05 / (1 + step),
    accumulation: 2,
    clipNorm: 1,
    seed: 5,
    engine: eagerEngine({ backend: 'cpu' }),
    ...options,
  };
}

/** Fraction of rows whose largest logit is the label's. */
export function agreement(
  predictions: { data: ArrayLike<number> },
  labels: { data: ArrayLike<number> },
): number {
  const right = Array.from(labels.data).filter((label, i) => {
    const [zero, one] = [predictions.data[2 * i] as number, predictions.data[2 * i + 1] as number];
    return Number(one > zero) === label;
  });
  return right.length / labels.data.length;
}

/** Breaks a run off after a step, as Ctrl-C does. */
export function interruptAt(step: number): Callback {
  return {
    name: 'interrupt-at',
    onStepEnd(training) {
      if (training.step === step) training.interrupt('the test');
    },
  };
}
