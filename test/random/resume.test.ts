import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { BatchSource, fromTensors } from '../../datasets/batch';
import type { Callback } from '../../trainers/callback';
import { compiledEngine } from '../../trainers/engines/compiled';
import { eagerEngine } from '../../trainers/engines/eager';
import { Interrupted } from '../../trainers/interrupted';
import { meanSquaredError } from '../../trainers/losses';
import { adamW } from '../../trainers/optimizer';
import { constantRate } from '../../trainers/schedules';
import { train, TrainOptions } from '../../trainers/trainer';
import { interruptAt, weightValues } from '../trainers/toys';

let folder: string;
beforeEach(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'whittle-random-'));
  await tf.setBackend('cpu');
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

const drawn = () => tf.initializers.glorotUniform({ seed: 3 });

/** Noise of every kind; its random layers have no names of their own. */
function noisyModel(): tf.Sequential {
  const { layers } = tf;
  const cells = {
    kernelInitializer: drawn(),
    recurrentInitializer: drawn(),
    dropout: 0.2,
    recurrentDropout: 0.3,
  };
  return tf.sequential({
    layers: [
      layers.gaussianNoise({ stddev: 0.1, inputShape: [4, 2] }),
      layers.lstm({ units: 3, name: 'lstm', ...cells }),
      layers.alphaDropout({ rate: 0.1 }),
      layers.dropout({ rate: 0.2 }),
      layers.gaussianDropout({ rate: 0.1 }),
      layers.dense({ units: 1, name: 'head', kernelInitializer: drawn() }),
    ],
  });
}

function dataOf(): BatchSource {
  const [xs, ys] = [
    tf.randomNormal([12, 4, 2], 0, 1, 'float32', 7),
    tf.randomNormal([12], 0, 1, 'float32', 8),
  ];
  const source = fromTensors([xs], ys, { batchSize: 4, seed: 3 });
  tf.dispose([xs, ys]);
  return source;
}

async function run(name: string, more: Partial<TrainOptions>, ...callbacks: Callback[]) {
  const model = noisyModel();
  try {
    const { losses } = await train({
      model,
      loss: meanSquaredError,
      data: dataOf(),
      optimizer: adamW(),
      learningRate: constantRate(0.05),
      steps: 6,
      seed: 4,
      checkpoint: { folder: path.join(folder, name), every: 2 },
      callbacks,
      ...more,
    });
    return { losses, weights: weightValues(model) };
  } finally {
    model.dispose();
  }
}

const COMPILED = compiledEngine({ threads: 1 });
const EAGER = eagerEngine({ backend: 'cpu' });

describe.each([
  ['eager', EAGER],
  ['compiled', COMPILED],
])('%s training with noise', (_, engine) => {
  it('equals training in one go, bit for bit, where it was broken off', async () => {
    const whole = await run('whole', { engine });
    await expect(run('parts', { engine }, interruptAt(3))).rejects.toThrow(Interrupted);
    expect(await run('parts', { engine })).toEqual(whole);
  });

  it('goes otherwise with another seed', async () => {
    const first = await run('first', { engine });
    expect((await run('second', { engine, seed: 5 })).losses).not.toEqual(first.losses);
  });
});

it('has the same losses on both engines', async () => {
  const [eager, compiled] = [
    await run('eager', { engine: EAGER }),
    await run('compiled', { engine: COMPILED }),
  ];
  eager.losses.forEach((loss, i) => expect(compiled.losses[i]).toBeCloseTo(loss, 5));
});
