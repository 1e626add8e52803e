import { fork } from 'node:child_process';
import * as tf from '@tensorflow/tfjs';
import { fromTensors } from '../datasets/batch';
import { mlp } from '../lib/models/mlp';
import { softmaxCrossEntropy } from '../trainers/losses';
import { sgd } from '../trainers/optimizer';
import { constantRate } from '../trainers/schedules';
import { train } from '../trainers/trainer';
import { engineOf } from './engines';
import type { TrainingOptions } from './options';

/** An engine with a place where it computes. */
export type EnginePlace = Pick<TrainingOptions, 'engine' | 'backend'>;

/** Trains a perceptron for a step, whatever may come of it: a driver can end the process. */
export async function tryEngine(place: EnginePlace): Promise<void> {
  const model = mlp({ inputSize: 4, hiddenSizes: [8], outputSize: 2, seed: 0 });
  const [xs, ys] = [tf.ones([2, 4]), tf.tensor1d([0, 1], 'int32')];
  const data = fromTensors(xs, ys, { batchSize: 2 });
  const engine = engineOf({ ...place, threads: 1 } as TrainingOptions);
  try {
    await train({
      ...{ model, data, engine, loss: softmaxCrossEntropy, optimizer: sgd() },
      ...{ learningRate: constantRate(0.1), steps: 1 },
    });
  } finally {
    tf.dispose([xs, ys]);
    model.dispose();
  }
}

/** A driver that does not answer by then does not work. */
const PATIENCE = 60_000;

/** What came of a try in a process of its own: undefined where the engine works, otherwise what is wrong, in a sentence. */
export function tried(script: string, { engine, backend }: EnginePlace): Promise<string | undefined> {
  const child = fork(script, ['--try', engine, backend], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  let said = '';
  child.stderr!.on('data', (data: Buffer) => (said += data.toString()));
  const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE);
  return new Promise((resolve) => {
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) return resolve(undefined);
      resolve(
        said.trim().split('\n').at(-1) || `The process that tried it ended by ${signal ?? `code ${code}`}.`,
      );
    });
  });
}
