import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { convert } from '../../../lib/compress/convert';
import { prepare } from '../../../lib/compress/prepare';
import { report } from '../../../lib/compress/report';
import { staticInt8 } from '../../../lib/compress/scheme';
import { attachmentsOf } from '../../../lib/core/attach';
import { weightsOf } from '../../../lib/core/weights';
import { withCoolDown } from '../../../lib/pruning/cool-down';
import { loadMasks, saveMasks } from '../../../lib/pruning/mask-file';
import { masksOf, setMasks } from '../../../lib/pruning/model-masks';
import { linearDecay } from '../../../lib/pruning/schedule';
import { codesOf } from '../../../lib/quantization/decode';
import type { Callback } from '../../../trainers/callback';
import { compiledEngine } from '../../../trainers/engines/compiled';
import { Interrupted } from '../../../trainers/interrupted';
import { parametersOf } from '../../../trainers/parameters';
import { movementPruning } from '../../../trainers/score-pruning/movement-pruning';
import { ScorePruning } from '../../../trainers/score-pruning/score-pruning';
import { softMovementPruning } from '../../../trainers/score-pruning/soft-movement-pruning';
import { staticPruning } from '../../../trainers/score-pruning/static-pruning';
import { train } from '../../../trainers/trainer';
import { classifierModel, classifierTraining, interruptAt, weightValues } from '../toys';

let folder: string;
beforeEach(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'whittle-scores-'));
  await tf.setBackend('cpu');
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

const ramp = linearDecay({ finalSparsity: 0.6, beginStep: 0, endStep: 4, frequency: 2 });
const schedule = withCoolDown(ramp, { endStep: 7 });

const methods: [string, ScorePruning][] = [
  ['movement', movementPruning({ rateFactor: 20 })],
  ['soft movement', softMovementPruning({ rateFactor: 20, lambda: 2 })],
  ['SMP', staticPruning({ rateFactor: 20, lambda: 0.1 })],
];

/** Seven steps of a model with dropout on the compiled engine, with a checkpoint after each. */
async function run(name: string, by: ScorePruning, ...more: Callback[]) {
  const model = classifierModel();
  const attached = by.attach(model, schedule);
  const training = classifierTraining(model, { engine: compiledEngine({ threads: 1 }) });
  const parameters = parametersOf(model, { slots: training.optimizer.slots });
  const callbacks = [...attached.callbacks, ...more];
  const checkpoint = { folder: path.join(folder, name), every: 1 };
  try {
    const { losses } = await train({ ...training, parameters, callbacks, checkpoint, steps: 7 });
    const moments = parameters.list.map(({ path, slots }) => [path, structuredClone(slots)]);
    const scores = [...attached.scores.of('hidden/kernel')];
    return { losses, moments, scores, masks: masksOf(model), weights: weightValues(model) };
  } finally {
    parameters.dispose();
    attached.detach();
    expect(attachmentsOf(model).filter(({ transform }) => transform.trainables)).toEqual([]);
    model.dispose();
  }
}

it.each(methods)('a resumed run prunes by %s as one that never stopped, bit for bit', async (_, by) => {
  const whole = await run('whole', by);
  expect([...whole.masks.keys()]).toEqual(['hidden/kernel']);
  expect(whole.masks.latent).toBeUndefined();
  expect([...whole.masks.get('hidden/kernel')!].filter((keep) => keep === 0)).toHaveLength(11); // of 18
  for (const step of [1, 4, 7]) {
    await expect(run(`${step}`, by, interruptAt(step))).rejects.toThrow(Interrupted);
    expect(await run(`${step}`, by)).toEqual(whole);
  }
});

it('refuses the checkpoint of a run whose scores were trained otherwise', async () => {
  await expect(run('a', movementPruning({ rateFactor: 20 }), interruptAt(3))).rejects.toThrow(Interrupted);
  await expect(run('a', movementPruning({ rateFactor: 30 }))).rejects.toThrow('rateFactor was 20 and is 30');
});

/** Trains a model of random weights by a method, without checkpoints. */
async function pruned(
  by: ScorePruning,
  use: (model: tf.LayersModel, before: number[]) => void | Promise<void>,
) {
  const model = classifierModel();
  const before = [...kernelOf(model)];
  const { callbacks, detach } = by.attach(model, schedule);
  try {
    await train(classifierTraining(model, { callbacks, steps: 7 }));
    detach();
    await use(model, before);
  } finally {
    model.dispose();
  }
}

const kernelOf = (model: tf.LayersModel) => weightsOf(model)[0]!.variable.dataSync();

it.each(methods)(
  'what %s prunes is exactly 0, and its codes are, in a model with nothing attached',
  async (_, by) => {
    await pruned(by, (model) => {
      const mask = masksOf(model).get('hidden/kernel')!;
      expect(attachmentsOf(model)).toEqual([]);
      expect(report(model).targets.sparsity).toBe(11 / 18);
      kernelOf(model).forEach((value, i) => expect(Object.is(value, 0)).toBe(mask[i] === 0));
      const prepared = prepare(model, { ...staticInt8(), input: undefined });
      const { weights, model: converted } = convert(prepared);
      codesOf(weights.get('hidden/kernel')!).forEach((code, i) => mask[i] === 0 && expect(code).toBe(0));
      prepared.detach();
      converted.dispose();
    });
  },
);

it('what SMP keeps of a task is a mask: with the pre-trained weights it is the pruned model', async () => {
  await pruned(staticPruning({ rateFactor: 20, lambda: 0.1, head: 'frozen' }), (model, before) => {
    const file = path.join(folder, 'mask.safetensors');
    saveMasks(file, masksOf(model));
    const again = classifierModel();
    expect([...kernelOf(again)]).toEqual(before);
    setMasks(again, loadMasks(file));
    expect(kernelOf(again)).toEqual(kernelOf(model));
    again.dispose();
  });
});

it('SMP trains its head, or does not, and leaves weights as trainable as they were', async () => {
  const classifier = (model: tf.LayersModel) => [
    ...weightsOf(model)
      .find(({ path }) => path === 'classifier/kernel')!
      .variable.dataSync(),
  ];
  const fresh = classifierModel();
  const first = classifier(fresh);
  await pruned(staticPruning({ rateFactor: 20 }), (model) => {
    expect(classifier(model)).not.toEqual(first);
    expect(weightsOf(model).map(({ trainable }) => trainable)).toEqual(
      weightsOf(fresh).map(({ trainable }) => trainable),
    );
  });
  await pruned(staticPruning({ rateFactor: 20, head: 'frozen' }), (model) =>
    expect(classifier(model)).toEqual(first),
  );
  fresh.dispose();
});

it.each<[string, () => unknown, string]>([
  ['a threshold of 1', () => softMovementPruning({ threshold: 1 }), 'threshold of at least 0 and below 1'],
  ['a lambda below 0', () => softMovementPruning({ lambda: -1 }), 'lambda of the penalty'],
  ['a lambda that is no number', () => staticPruning({ lambda: NaN }), 'lambda of the penalty'],
])('refuses %s before there is a model', (_, make, message) => {
  expect(make).toThrow(message);
});
