import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { masksOf } from '../../../lib/pruning/model-masks';
import { pruner } from '../../../lib/pruning/pruner';
import { Rewiring } from '../../../lib/pruning/rewiring/rewiring';
import { rigl } from '../../../lib/pruning/rewiring/rigl';
import { setEvolution } from '../../../lib/pruning/rewiring/set-evolution';
import { magnitude, randomSaliency } from '../../../lib/pruning/saliency';
import { oneShot } from '../../../lib/pruning/schedule';
import type { Callback } from '../../../trainers/callback';
import { pruning } from '../../../trainers/callbacks/pruning';
import { rewiring } from '../../../trainers/callbacks/rewiring';
import { compiledEngine } from '../../../trainers/engines/compiled';
import { eagerEngine } from '../../../trainers/engines/eager';
import { Interrupted } from '../../../trainers/interrupted';
import { adamW } from '../../../trainers/optimizer';
import { Parameters, parametersOf } from '../../../trainers/parameters';
import { train } from '../../../trainers/trainer';
import { fakeTraining } from '../fake-training';
import {
  classifierModel,
  classifierTraining,
  interruptAt,
  slopeModel,
  slopeTraining,
  weightValues,
} from '../toys';

let folder: string;
beforeEach(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'whittle-rewiring-'));
  await tf.setBackend('cpu');
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

const engines = [
  ['eager', eagerEngine({ backend: 'cpu' })],
  ['compiled', compiledEngine({ threads: 1 })],
] as const;

it.each(engines)('the dense gradient decides what comes, which starts at 0, %s', async (_, engine) => {
  const model = slopeModel();
  tf.tidy(() => model.setWeights([tf.tensor2d([[2], [1]])]));
  const sparse = pruner({
    schedule: oneShot({ finalSparsity: 0.5 }),
    saliency: magnitude,
    targets: ['slope/kernel'],
  });
  const callbacks = [pruning({ pruner: sparse }), rewiring(rigl({ fraction: 0.999, every: 1, end: 1 }))];
  // ⌊0.999/2 (1 + cos)⌋ of one weight would be none: nothing moves
  const { losses } = await train(slopeTraining(model, { engine, callbacks, steps: 4 }));
  expect(losses).toEqual([2, 0, 1 * 3, 0]);
  model.dispose();
  const moving = slopeModel();
  tf.tidy(() => moving.setWeights([tf.tensor2d([[2], [1]])]));
  const all: Rewiring = { ...rigl(), over: () => ({ endStep: 4, isDue: (step) => step > 0, at: () => 1 }) };
  const trained = await train(
    slopeTraining(moving, { engine, callbacks: [pruning({ pruner: sparse }), rewiring(all)], steps: 4 }),
  );
  // w = (2, 0), (1, 0); at (0, 2) the second comes as 0, w = (0, −2); at (3, 0) the first, w = (−3, 0); at (0, 4) the second
  expect(trained.losses).toEqual([2, 0, 0, 0]);
  expect(weightValues(moving)).toEqual([0, -4]);
  moving.dispose();
});

describe('at an update', () => {
  let model: tf.LayersModel;
  let parameters: Parameters;
  beforeEach(() => {
    model = slopeModel();
    parameters = parametersOf(model, { slots: adamW().slots });
  });
  afterEach(() => {
    parameters.dispose();
    model.dispose();
  });
  const all: Rewiring = { ...rigl(), over: () => ({ endStep: 8, isDue: (step) => step === 2, at: () => 1 }) };

  it('weights and moments of what goes and of what comes are exactly 0, and what moved is logged', () => {
    const parameter = parameters.get('slope/kernel');
    parameter.setMask(Uint8Array.of(1, 0));
    parameter.weights.set([7, 0]);
    parameter.slots['m']!.set([1, 0]);
    parameter.slots['v']!.set([2, 0]);
    parameter.gradient.set([1, -5]);
    const { training, at, logs } = fakeTraining({ model, parameters });
    const callback = rewiring(all);
    void callback.onTrainBegin?.(training);
    void callback.onGradients?.(at(1));
    expect([...parameter.weights]).toEqual([7, 0]);
    void callback.onGradients?.(at(2));
    expect([...parameter.mask!]).toEqual([0, 1]);
    for (const values of [parameter.weights, parameter.slots['m']!, parameter.slots['v']!])
      expect([...values]).toEqual([0, 0]);
    expect(logs).toEqual([
      ['rewiring/fraction', 1],
      ['mask/flips', 2],
    ]);
    expect(callback.countsFrom?.(training)).toBe(8);
  });

  it.each([rigl(), rigl({ every: 1, end: 0 })])('a run in which nothing would move is refused', (by) => {
    parameters.get('slope/kernel').setMask(Uint8Array.of(1, 0));
    const { training } = fakeTraining({ model, parameters });
    expect(() => rewiring(by).onTrainBegin?.(training)).toThrow(
      'Expected a step at which zeros move, got none',
    );
  });

  it('a model without hard masks is refused when training begins', () => {
    const { training } = fakeTraining({ model, parameters });
    expect(() => rewiring(all).onTrainBegin?.(training)).toThrow(
      'got none; let it be pruned at step 0 before',
    );
    parameters.setMask('slope/kernel', Uint8Array.of(1, 0), 'latent');
    expect(() => rewiring(all).onTrainBegin?.(training)).toThrow('hard masks');
  });
});

/** Training of a model with dropout, sparse from the first step, with a checkpoint after each. */
async function run(name: string, by: Rewiring, steps: number, ...more: Callback[]) {
  const model = classifierModel();
  const zeros: number[] = [];
  const count: Callback = {
    name: 'count',
    onStepEnd: ({ parameters }) =>
      void zeros.push([...parameters.get('hidden/kernel').weights].filter((value) => value === 0).length),
  };
  const sparse = pruner({ schedule: oneShot({ finalSparsity: 0.5 }), saliency: randomSaliency(1) });
  const training = classifierTraining(model, { optimizer: adamW() });
  const parameters = parametersOf(model, { slots: training.optimizer.slots });
  const callbacks = [pruning({ pruner: sparse }), rewiring(by), count, ...more];
  const checkpoint = { folder: path.join(folder, name), every: 1 };
  try {
    const { losses } = await train({ ...training, parameters, callbacks, checkpoint, steps });
    const moments = parameters.list.map(({ slots }) => structuredClone(slots));
    return { zeros, whole: { losses, moments, masks: masksOf(model), weights: weightValues(model) } };
  } finally {
    parameters.dispose();
    model.dispose();
  }
}

it.each([
  ['RigL', rigl({ fraction: 0.5, every: 2, end: 1 })],
  ['SET', setEvolution({ seed: 1, fraction: 0.5, every: 2 })],
])(
  'a resumed run moves zeros by %s as one that never stopped, bit for bit; their number stays',
  async (_, by) => {
    const { whole, zeros } = await run('whole', by, 7);
    expect(zeros).toEqual(new Array(7).fill(9)); // of 18
    for (const step of [1, 4, 7]) {
      await expect(run(`${step}`, by, 7, interruptAt(step))).rejects.toThrow(Interrupted);
      expect((await run(`${step}`, by, 7)).whole).toEqual(whole);
    }
    await expect(run('7', by, 9)).rejects.toThrow('prunes otherwise: endStep was 7 and is 9');
  },
);
