import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { masksOf } from '../../../lib/pruning/model-masks';
import { pruner } from '../../../lib/pruning/pruner';
import { movement, taylor } from '../../../lib/pruning/saliency';
import { linearDecay } from '../../../lib/pruning/schedule';
import type { Callback } from '../../../trainers/callback';
import { pruning, PruningOptions } from '../../../trainers/callbacks/pruning';
import { Interrupted } from '../../../trainers/interrupted';
import { parametersOf } from '../../../trainers/parameters';
import { train } from '../../../trainers/trainer';
import { classifierData, classifierModel, classifierTraining, interruptAt, weightValues } from '../toys';

let folder: string;
beforeEach(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'whittle-pruning-'));
  await tf.setBackend('cpu');
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

const schedule = linearDecay({ finalSparsity: 0.6, beginStep: 2, endStep: 6, frequency: 2 });

/** Seven steps of a model with dropout, with a checkpoint after each: weights, moments, masks and losses at the end. */
async function run(name: string, options: PruningOptions, ...more: Callback[]) {
  const model = classifierModel();
  const training = classifierTraining(model);
  const parameters = parametersOf(model, { slots: training.optimizer.slots });
  const callbacks = [pruning(options), ...more];
  const checkpoint = { folder: path.join(folder, name), every: 1 };
  try {
    const { losses } = await train({ ...training, parameters, callbacks, checkpoint, steps: 7 });
    const moments = parameters.list.map(({ slots }) => structuredClone(slots));
    return { losses, moments, masks: masksOf(model), weights: weightValues(model) };
  } finally {
    parameters.dispose();
    model.dispose();
  }
}

it.each<[string, PruningOptions]>([
  ['gradients of steps', { pruner: pruner({ schedule, saliency: movement }) }],
  [
    'a scoring pass',
    { pruner: pruner({ schedule, saliency: taylor }), scoring: { data: classifierData(false) } },
  ],
])('a resumed run prunes by %s as one that never stopped, bit for bit', async (_, options) => {
  const whole = await run('whole', options);
  expect(whole.masks.size).toBe(1);
  for (const step of [1, 3, 4, 7]) {
    await expect(run(`${step}`, options, interruptAt(step))).rejects.toThrow(Interrupted);
    expect(await run(`${step}`, options)).toEqual(whole);
  }
});

it('refuses the checkpoint of a run that gathered something else', async () => {
  const scored = { pruner: pruner({ schedule, saliency: taylor }), scoring: { data: classifierData(false) } };
  const summed = { pruner: pruner({ schedule, saliency: taylor }) };
  await expect(run('other', summed, interruptAt(3))).rejects.toThrow(Interrupted);
  fs.renameSync(path.join(folder, 'other'), path.join(folder, 'renamed'));
  const other = pruner({ schedule, saliency: taylor, targets: ['classifier/kernel'] });
  await expect(run('renamed', { pruner: other })).rejects.toThrow(
    'expected "weight times gradient/classifier/kernel" of shape [6, 2], found none',
  );
  await expect(run('scored', scored, interruptAt(3))).rejects.toThrow(Interrupted);
  await expect(run('scored', summed)).rejects.toThrow(
    'gathers in a scoring pass, as the checkpoint does, got one that gathers over the steps',
  );
});
