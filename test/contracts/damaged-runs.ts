import * as fs from 'node:fs';
import * as path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { comparisonTable, differencesTable, readRuns, runsTable } from '../../experiments/comparison';
import { denseModel } from '../trainers/small-models';
import { earlierOptions } from '../../experiments/growth';
import { environment } from '../../experiments/environment';
import { experimentResult, writeResult } from '../../experiments/result';
import { formatDigests, sha256Of } from '../../lib/core/digests';
import { formatTable } from '../../experiments/table';
import { fromTensors } from '../../datasets/batch';
import { ticketOf } from '../../experiments/ticket-source';
import { train } from '../../trainers/trainer';
import { twoSteps } from '../trainers/two-steps';
import { writeConfig } from '../../experiments/run-config';
import { UserError } from '../../lib/core/errors';
import { eagerEngine } from '../../trainers/engines/eager';

/** The folder of a run, to damage one of its files. */
export function makeRun(folder: string, file: string): string {
  writeConfig(folder, {
    script: 'qat-bert',
    options: { seed: 0, epochs: 2, sparsity: [0.5, 0.7] },
    environment: environment(1),
  });
  const row = {
    method: 'dense',
    seed: 0,
    sparsity: 0,
    metrics: { accuracy: 0.5 },
    bytes: 100,
    steps: 3,
    seconds: 1,
  };
  const rows = [row, { ...row, method: 'ticket', level: 1, sparsity: 0.5 }];
  writeResult(
    path.join(folder, 'result.json'),
    experimentResult({ task: 'toy', metric: 'accuracy', majority: 0.5, rows }),
  );
  return path.join(folder, file);
}

/** What the scripts do with a run that is there. */
export function askRun(folder: string): Iterable<number> {
  const runs = readRuns([folder]);
  [runsTable(runs), comparisonTable(runs), differencesTable(runs)].forEach((table) => formatTable(table));
  runs.forEach(({ config }) => earlierOptions(config));
  try {
    ticketOf(folder)(0);
  } catch (error) {
    if (!(error instanceof UserError)) throw error; // this run has no ticket to give
  }
  return [runs.length];
}

const training = (folder: string, model: tf.LayersModel) => {
  const data = fromTensors(
    tf.tensor2d([
      [1, 2],
      [3, 4],
    ]),
    tf.tensor2d([
      [1, 0],
      [0, 1],
    ]),
    { batchSize: 1, shuffle: false },
  );
  return twoSteps(model, data, {
    engine: eagerEngine({ backend: 'cpu' }),
    checkpoint: { folder, every: 2, onNotice: () => {} },
  });
};

/** A training that was finished, and its checkpoint's file. */
export async function makeCheckpoint(folder: string, file: string): Promise<string> {
  const model = denseModel();
  await train(training(folder, model));
  model.dispose();
  return path.join(folder, 'step-2', file);
}

/** Goes on with a training whose file is damaged, and has the digest of what it is. */
export async function goOn(folder: string, file: string): Promise<Iterable<number>> {
  const list = path.join(folder, 'step-2', 'sha256.json');
  const digests = JSON.parse(fs.readFileSync(list, 'utf8')) as Record<string, string>;
  fs.writeFileSync(list, formatDigests({ ...digests, [file]: sha256Of(path.join(folder, 'step-2', file)) }));
  const model = denseModel();
  try {
    await train(training(folder, model));
    return model.getWeights().flatMap((weight) => [...weight.dataSync()]);
  } finally {
    model.dispose();
    expect(fs.readdirSync(folder)).toEqual(['step-2']); // or the next mutant would not be read
  }
}
