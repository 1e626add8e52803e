import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { prepare } from '../../../lib/compress/prepare';
import { staticInt8 } from '../../../lib/compress/scheme';
import { masksOf } from '../../../lib/pruning/model-masks';
import { pruner } from '../../../lib/pruning/pruner';
import { regrow } from '../../../lib/pruning/mask-rule';
import { blockFisher } from '../../../lib/pruning/saliencies/block-fisher';
import { gradientMagnitude } from '../../../lib/pruning/saliencies/gradient-magnitude';
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

/** Seven steps of a model with dropout, in int8, with a checkpoint after each: weights, moments, masks and losses at the end. */
async function run(name: string, options: PruningOptions, ...more: Callback[]) {
  return runFor(7, name, options, ...more);
}

async function runFor(steps: number, name: string, options: PruningOptions, ...more: Callback[]) {
  const model = classifierModel();
  const prepared = prepare(model, staticInt8({ integer: false }));
  const training = classifierTraining(model);
  const parameters = parametersOf(model, { slots: training.optimizer.slots });
  const callbacks = [pruning(options), ...more];
  const checkpoint = { folder: path.join(folder, name), every: 1 };
  try {
    const { losses } = await train({ ...training, parameters, callbacks, checkpoint, steps });
    const ranges = [...prepared.inputs.values()].map(
      ({ observer }) => observer!.state()['hi']!.dataSync()[0],
    );
    const moments = parameters.list.map(({ slots }) => structuredClone(slots));
    return { losses, ranges, moments, masks: masksOf(model), weights: weightValues(model) };
  } finally {
    parameters.dispose();
    prepared.detach();
    model.dispose();
  }
}

it.each<[string, PruningOptions]>([
  ['magnitude under latent masks', { pruner: pruner({ schedule, rule: regrow, maskKind: 'latent' }) }],
  [
    'the size of gradients, with regrowth',
    { pruner: pruner({ schedule, saliency: gradientMagnitude, rule: regrow }) },
  ],
  ['products of gradients', { pruner: pruner({ schedule, saliency: blockFisher({ blockSize: 3 }) }) }],
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
    'callbacks/pruning/options/pruner/options/targets was not given and is ["classifier/kernel"]',
  );
  await expect(run('scored', scored, interruptAt(3))).rejects.toThrow(Interrupted);
  await expect(run('scored', summed)).rejects.toThrow('callbacks/pruning/options/scoring was {} and is null');
});

it('refuses to make a run longer whose schedule is in fractions of it', async () => {
  const relative = linearDecay({ finalSparsity: 0.6, end: 0.5, frequency: 2 });
  await run('fractions', { pruner: pruner({ schedule: relative }) });
  await expect(runFor(12, 'fractions', { pruner: pruner({ schedule: relative }) })).rejects.toThrow(
    'prunes otherwise: endStep was 4 and is 6',
  );
});
