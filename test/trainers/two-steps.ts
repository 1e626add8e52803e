import type * as tf from '@tensorflow/tfjs';
import type { BatchSource } from '../../datasets/batch';
import { meanSquaredError } from '../../trainers/losses';
import { sgd } from '../../trainers/optimizer';
import { constantRate } from '../../trainers/schedules';
import type { TrainOptions } from '../../trainers/trainer';

/** Two steps of gradient descent on the mean squared error, unless `options` say otherwise. */
export function twoSteps(
  model: tf.LayersModel,
  data: BatchSource,
  options: Partial<TrainOptions> = {},
): TrainOptions {
  return {
    model,
    data,
    loss: meanSquaredError,
    optimizer: sgd(),
    learningRate: constantRate(0.1),
    steps: 2,
    ...options,
  };
}
