import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { fromTensors } from '../../datasets/batch';
import { UserError } from '../../lib/core/errors';
import type { Callback } from '../../trainers/callback';
import { earlyStopping } from '../../trainers/callbacks/early-stopping';
import { train, TrainOptions } from '../../trainers/trainer';
import { classifierModel, classifierTraining, fourRows, slopeModel, slopeTraining } from './toys';

/** Runs that go wrong so late that no loss of a later step could say so. */

let model: tf.Sequential;
beforeEach(async () => {
  await tf.setBackend('cpu');
  model = slopeModel();
});
afterEach(() => model.dispose());

/** Three steps, of which the last leaves weights of -Infinity. */
const diverging = (options: Partial<TrainOptions> = {}, lastRate = 3e38) =>
  slopeTraining(model, { steps: 3, learningRate: (step) => (step === 2 ? lastRate : 1), ...options });

it('refuses weights that are not finite after the last step', async () => {
  const run = train(diverging());
  await expect(run).rejects.toThrow(UserError);
  await expect(run).rejects.toThrow(
    'The weight "slope/kernel" is not finite after step 3 of 3 (learning rate 3e+38): try a smaller learning rate',
  );
});

it('does so before they are evaluated, and keeps no checkpoint of them', async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'whittle-divergence-'));
  const evaluated: number[] = [];
  const spy = { name: 'spy', onEvaluate: ({ step }: { step: number }) => void evaluated.push(step) };
  const options = { dev: fourRows(), evaluateEvery: 1, checkpoint: { folder, every: 1 }, callbacks: [spy] };
  await expect(train(diverging(options))).rejects.toThrow('not finite after step 3');
  expect(evaluated).toEqual([1, 2]);
  const { step } = await train(diverging(options, 1));
  expect([step, evaluated]).toEqual([3, [1, 2, 3]]); // from the checkpoint of step 2
  fs.rmSync(folder, { recursive: true });
});

it('refuses them after an early end, too', async () => {
  const callback: Callback = {
    name: 'stop',
    onStepEnd: (training) => void (training.step === 3 && training.stop('enough')),
  };
  const options = { steps: 9, callbacks: [callback] };
  await expect(train(diverging(options))).rejects.toThrow('not finite after step 3 of 9');
});

it('refuses a dev loss that is not finite after the last step, and lets one before it pass', async () => {
  const xs = tf.tensor2d([[NaN, 0]]);
  const dev = fromTensors(xs, tf.zeros([1]), { batchSize: 1 });
  await expect(train(slopeTraining(model, { steps: 1, dev }))).rejects.toThrow(
    'The dev loss is NaN after step 1 of 1',
  );
  let asked = 0;
  const mended = { ...fourRows(), epoch: (epoch: number) => (asked++ === 0 ? dev : fourRows()).epoch(epoch) };
  const { evaluations } = await train(slopeTraining(model, { steps: 2, evaluateEvery: 1, dev: mended }));
  expect(evaluations[0]!.metrics['loss']).toBeNaN();
});

it('refuses moving averages that are not finite', async () => {
  const other = classifierModel();
  const broken = {
    name: 'broken',
    onStepEnd: () => {
      const average = other.getLayer('norm').weights.find(({ name }) => name.includes('moving_mean'))!;
      tf.tidy(() => void average.write(tf.fill(average.shape as number[], NaN)));
    },
  };
  const run = train(classifierTraining(other, { steps: 1, callbacks: [broken], dev: undefined }));
  await expect(run).rejects.toThrow('The weight "norm/moving_mean" is not finite after step 1 of 1');
  other.dispose();
});

it('NaN is never the best of an early stopping, be it first, alone or last', async () => {
  const best = async (scores: readonly number[], better: 'larger' | 'smaller') => {
    const left = [...scores];
    const stopping = earlyStopping({ metric: 'score', better });
    const metrics = { score: () => left.shift()! };
    const dev = fourRows();
    const steps = scores.length;
    await train(slopeTraining(model, { steps, evaluateEvery: 1, dev, metrics, callbacks: [stopping] }));
    return stopping.best?.metrics['score'];
  };
  expect(await best([NaN, 1, 2], 'larger')).toBe(2);
  expect(await best([3, NaN, 2], 'smaller')).toBe(2);
  expect(await best([3, NaN], 'smaller')).toBe(3);
  expect(await best([NaN], 'larger')).toBeUndefined();
});
