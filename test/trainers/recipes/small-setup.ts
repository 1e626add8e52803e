import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { fromTensors } from '../../../datasets/batch';
import { HostTensor } from '../../../lib/core/host-tensor';
import { seededRandom } from '../../../lib/core/random';
import { mlp } from '../../../lib/models/mlp';
import { eagerEngine } from '../../../trainers/engines/eager';
import { softmaxCrossEntropy } from '../../../trainers/losses';
import { adamW } from '../../../trainers/optimizer';
import { Outcome, Setup } from '../../../trainers/recipes/setup';
import { linearWarmup } from '../../../trainers/schedules';

const EXAMPLES = 48;
const FEATURES = 6;

/** A perceptron that learns the sign of a product of two features, with seeds 1 and 2: 2 epochs of 6 steps, in milliseconds. */
export function smallSetup(): Setup {
  const random = seededRandom(7, 'features');
  const features = Array.from({ length: EXAMPLES * FEATURES }, () => 2 * random() - 1);
  const labels = Array.from({ length: EXAMPLES }, (_, i) =>
    Number(features[i * FEATURES]! * features[i * FEATURES + 1]! > 0),
  );
  const xs = tf.tensor2d(features, [EXAMPLES, FEATURES]);
  const ys = tf.tensor1d(labels, 'int32');
  const [ordered, ...shuffled] = [0, 1, 2].map((seed) =>
    fromTensors(xs, ys, { batchSize: 8, seed, shuffle: seed > 0 }),
  );
  tf.dispose([xs, ys]);
  return {
    model: (seed) => mlp({ inputSize: FEATURES, hiddenSizes: [10, 10], outputSize: 2, dropout: 0.1, seed }),
    data: (seed) => shuffled[seed - 1]!,
    dev: ordered!,
    loss: softmaxCrossEntropy,
    metrics: { accuracy },
    optimizer: adamW(),
    epochs: 2,
    learningRate: (totalSteps) => linearWarmup({ peak: 0.05, warmupSteps: 2, totalSteps }),
    engine: eagerEngine({ backend: 'cpu' }),
    checkpointEvery: 4,
  };
}

function accuracy(predictions: HostTensor, labels: HostTensor): number {
  const right = Array.from(labels.data).filter(
    (label, i) => Number(predictions.data[2 * i + 1]! > predictions.data[2 * i]!) === label,
  );
  return right.length / labels.data.length;
}

/** What must be the same however a recipe was broken off. */
export const withoutSeconds = (outcomes: readonly Outcome[]) =>
  outcomes.map((outcome) => ({ ...outcome, seconds: undefined }));

export function temporaryFolder(): string {
  return fs.mkdtempSync(path.join(os.tmpdir(), 'whittle-recipe-'));
}
