import * as tf from '@tensorflow/tfjs';
import { Batch, fromTensors } from '../../datasets/batch';
import { HostTensor, hostTensor } from '../../lib/core/host-tensor';
import { UserError } from '../../lib/core/errors';
import { evaluate, predictAll } from '../../trainers/evaluate';
import { meanSquaredError, softmaxCrossEntropy } from '../../trainers/losses';
import { accuracy } from '../../trainers/metrics';
import { expectNoLeak } from '../leaks';

/** "Predicts" its input. */
const predict = async ([x]: readonly HostTensor[]) => x as HostTensor;
const echo = { inference: async () => ({ predict, dispose: async () => undefined }) };

const rows = [
  [2, 0],
  [0, 2],
  [2, 0],
  [0, 2],
  [2, 0],
];
const labels = [0, 1, 0, 1, 1]; // the last one is wrong
const source = (batchSize: number) =>
  fromTensors(tf.tensor2d(rows), tf.tensor1d(labels, 'int32'), { batchSize, shuffle: false });

it('joins all predictions and labels in order', async () => {
  const { predictions, labels: truth } = await predictAll(echo, source(2));
  expect(predictions).toEqual(hostTensor(Float32Array.from(rows.flat()), [5, 2]));
  expect(truth).toEqual(hostTensor(Int32Array.from(labels), [5]));
});

it.each([1, 2, 3, 4, 5])('weighs every example the same in batches of %i', async (batchSize) => {
  const result = await evaluate(echo, source(batchSize), {
    loss: softmaxCrossEntropy,
    metrics: { accuracy },
  });
  expect(result['accuracy']).toBe(4 / 5);
  const [right, wrong] = [Math.log(1 + Math.exp(-2)), Math.log(1 + Math.exp(2))];
  expect(result['loss']).toBeCloseTo((4 * right + wrong) / 5, 6);
});

it('reports the loss alone without metrics', async () => {
  const regression = fromTensors(tf.tensor2d([[1], [2], [6]]), tf.tensor1d([1, 2, 3]), { batchSize: 2 });
  expect(await evaluate(echo, regression, { loss: meanSquaredError })).toEqual({ loss: 3 });
});

it('refuses outputs of different sizes, and no examples', async () => {
  const batch = (size: number): Batch => {
    const x = hostTensor(new Float32Array(size), [1, size]);
    return { xs: [x], ys: x, size: 1 };
  };
  const uneven = { batchesPerEpoch: 2, examples: 2, epoch: async function* () { yield* [batch(2), batch(3)]; } }; // prettier-ignore
  await expect(predictAll(echo, uneven)).rejects.toThrow('received [1, 2] and [1, 3]');
  const none = { batchesPerEpoch: 0, examples: 0, epoch: async function* () {} };
  await expect(predictAll(echo, none)).rejects.toThrow(UserError);
});

it('leaves nothing behind', async () => {
  const data = source(2);
  await expectNoLeak(async () => {
    await evaluate(echo, data, { loss: softmaxCrossEntropy, metrics: { accuracy } });
  });
});
