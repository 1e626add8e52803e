import * as tf from '@tensorflow/tfjs';
import { BatchSource, fromTensors } from '../../datasets/batch';
import { distillation } from '../../trainers/distillation';
import { compiledEngine } from '../../trainers/engines/compiled';
import { eagerEngine } from '../../trainers/engines/eager';
import { hiddenWordsCrossEntropy, Loss } from '../../trainers/losses';
import { sgd } from '../../trainers/optimizer';
import { constantRate } from '../../trainers/schedules';
import { train, TrainOptions } from '../../trainers/trainer';
import { weightValues } from './toys';

beforeEach(() => tf.setBackend('cpu'));

const [SLOTS, PIECES] = [7, 5];

/** Scores of each slot's piece, [slots, pieces] from [slots, 3]. */
function scores(seed: number, regularized = false): tf.Sequential {
  return tf.sequential({
    layers: [
      tf.layers.dense({
        units: PIECES,
        inputShape: [SLOTS, 3],
        kernelInitializer: tf.initializers.randomNormal({ seed, stddev: 1 }),
        kernelRegularizer: regularized ? tf.regularizers.l2({ l2: 0.1 }) : undefined,
        name: 'scores',
      }),
    ],
  });
}

/** One example per batch size, with so many hidden words each. */
function words(hidden: readonly number[], batchSize: number): BatchSource {
  const xs = tf.randomNormal([hidden.length, SLOTS, 3], 0, 1, 'float32', 4);
  const labels = hidden.map((count, i) =>
    Array.from({ length: SLOTS }, (_, slot) => (slot < count ? (2 * i + slot) % PIECES : -1)),
  );
  const ys = tf.tensor2d(labels, [hidden.length, SLOTS], 'int32');
  const source = fromTensors(xs, ys, { batchSize, shuffle: false });
  tf.dispose([xs, ys]);
  return source;
}

async function step(data: BatchSource, loss: Loss, options: Partial<TrainOptions> = {}) {
  const model = scores(1, true);
  const rates = { optimizer: sgd({ momentum: 0 }), learningRate: constantRate(0.5) };
  const { losses } = await train({ model, data, loss, ...rates, steps: 1, ...options });
  const result = [losses[0]!, ...weightValues(model)];
  model.dispose();
  return result;
}

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 6));
}

const engines = { eager: eagerEngine({ backend: 'cpu' }), compiled: compiledEngine({ threads: 1 }) };

describe.each(Object.entries(engines))('on the %s engine', (_, engine) => {
  const teacher = scores(2);
  const losses: Record<string, Loss> = {
    'hidden words': hiddenWordsCrossEntropy,
    'hidden words and a teacher': distillation({ teacher, hard: hiddenWordsCrossEntropy }),
  };

  it.each(Object.entries(losses))('batches of 6 and 1 %s are one batch of both', async (_, loss) => {
    const together = await step(words([6, 1], 2), loss, { engine });
    expectClose(await step(words([6, 1], 1), loss, { engine, accumulation: 2 }), together);
    const byExamples: Loss = Object.assign((...args: Parameters<Loss>) => loss(...args), {
      layers: loss.layers,
    });
    const wrong = await step(words([6, 1], 1), byExamples, { engine, accumulation: 2 });
    expect(Math.abs(wrong[0]! - together[0]!)).toBeGreaterThan(0.01);
  });

  it.each([[[4, 0, 2]], [[0, 3, 0]], [[0, 0, 0]]])('so are batches of %p', async (hidden) => {
    const together = await step(words(hidden, 3), hiddenWordsCrossEntropy, { engine });
    const apart = await step(words(hidden, 1), hiddenWordsCrossEntropy, { engine, accumulation: 3 });
    expectClose(apart, together);
  });
});

it.each([NaN, -1, Infinity])('refuses a loss that averages over %d things', async (count) => {
  const loss: Loss = Object.assign((...args: Parameters<Loss>) => hiddenWordsCrossEntropy(...args), {
    averagesOver: () => count,
  });
  const run = step(words([1, 2], 1), loss, { accumulation: 2 });
  await expect(run).rejects.toThrow(`averagesOver of the loss to be a finite number >= 0, got ${count}`);
});

it('refuses hidden states of a teacher of hidden words in a step of several batches', async () => {
  const pair = { student: 'scores', teacher: 'scores' };
  const loss = distillation({ teacher: scores(2), hard: hiddenWordsCrossEntropy, hidden: [pair] });
  await step(words([6, 1], 2), loss);
  await expect(step(words([6, 1], 1), loss, { accumulation: 2 })).rejects.toThrow('one batch per step');
});
