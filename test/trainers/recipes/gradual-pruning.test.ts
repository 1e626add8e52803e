import * as fs from 'node:fs';
import * as path from 'node:path';
import type * as tf from '@tensorflow/tfjs';
import { compressedOf } from '../../../lib/compress/compressed';
import { weightsOf } from '../../../lib/core/weights';
import { uniformDistribution } from '../../../lib/pruning/distribution';
import { nOfM } from '../../../lib/pruning/patterns/n-of-m';
import { wanda } from '../../../lib/pruning/saliencies/wanda';
import { magnitude } from '../../../lib/pruning/saliency';
import { linearDecay } from '../../../lib/pruning/schedule';
import type { Callback } from '../../../trainers/callback';
import { distillation } from '../../../trainers/distillation';
import { gradualPruning, GradualPruningOptions } from '../../../trainers/recipes/gradual-pruning';
import type { Label, Listener } from '../../../trainers/recipes/setup';
import { finetune } from '../../../trainers/recipes/finetune';
import { constantRate } from '../../../trainers/schedules';
import { smallSetup, temporaryFolder, withoutSeconds } from './small-setup';

let folder: string;
beforeEach(() => (folder = temporaryFolder()));
afterEach(() => fs.rmSync(folder, { recursive: true }));

const prune = (options: Partial<GradualPruningOptions> = {}) =>
  gradualPruning({
    ...{ setup: smallSetup(), folder, seed: 1, sparsities: [0.25, 0.8] },
    ...{ begin: 0.25, end: 0.75, frequency: 2, ...options },
  });

it('reaches every sparsity exactly along the cubic, and stays there to recover; the dense model beside', async () => {
  const curves: Record<string, number[]> = {};
  const watch = (name: string): Callback => ({
    name: 'watch',
    onStepEnd({ parameters }) {
      const zeros = parameters.list.flatMap(({ mask }) => [...(mask ?? [])]).filter((keep) => keep === 0);
      (curves[name] ??= []).push(zeros.length);
    },
  });
  const outcomes = await prune({
    listener: { callbacks: ({ method, level }) => [watch(`${method} ${level}`)] },
  });
  expect(outcomes.map(({ method, level, sparsity }) => [method, level, sparsity])).toEqual([
    ['dense', 0, 0],
    ['gradual', 1, 0.25],
    ['gradual', 2, 0.8],
  ]);
  // 160 targets; steps 3 to 9: 0.8 (1 − (1 − p)³) at p = 0, 1/3, 2/3, 1
  const at = [0, 90, 123, 128];
  expect(curves['gradual 2']).toEqual([
    0,
    0,
    at[0],
    at[0],
    at[1],
    at[1],
    at[2],
    at[2],
    at[3],
    at[3],
    at[3],
    at[3],
  ]);
  expect(curves['dense 0']).toEqual(new Array(12).fill(0));
});

it('prunes the dense model as it was trained, which teaches it', async () => {
  const weights: Record<string, Float32Array> = {};
  const rates: Record<string, number> = {};
  const note = (name: string, model: tf.LayersModel) => {
    const { variable } = weightsOf(model).find(({ path: each }) => each === 'hidden/0/kernel')!;
    weights[name] = variable.dataSync().slice() as Float32Array;
  };
  const loss = (teacher: tf.LayersModel) => {
    note('teacher', teacher);
    return distillation({ teacher, weight: 0.9 });
  };
  const listener: Listener = {
    onTrained: (trained, { method }) =>
      void (method === 'dense' && note('dense', compressedOf(trained).model)),
    callbacks: ({ method }) => [
      {
        name: 'watch',
        onTrainBegin: ({ model, step }) => void (step === 0 && note(`${method} at first`, model)),
        onStepEnd: ({ learningRate }) => void (rates[method] = learningRate),
      },
    ],
  };
  const afterDense = { epochs: 1, learningRate: () => constantRate(0.0123), loss };
  const outcomes = await prune({ sparsities: [0.5], afterDense, listener });
  expect(outcomes.map(({ method, level, sparsity, steps }) => [method, level, sparsity, steps])).toEqual([
    ['dense', 0, 0, 12],
    ['gradual', 1, 0.5, 6],
  ]);
  expect(rates['gradual']).toBe(0.0123);
  expect(rates['dense']).not.toBe(0.0123);
  expect(weights['teacher']).toEqual(weights['dense']);
  expect(weights['gradual at first']).toEqual(weights['dense']);
});

it('prunes by other saliencies, patterns and schedules, scored on training data, and knows them by their configs', async () => {
  const method = {
    ...{ saliency: wanda, pattern: nOfM({ keep: 1, of: 2 }), schedule: linearDecay, scoring: { batches: 2 } },
    ...{ distribution: uniformDistribution(), sparsities: [0.5] },
  };
  const [, gradual] = await prune(method);
  expect(gradual!.sparsity).toBe(0.5);
  expect(gradual!.options).toMatchObject({
    saliency: wanda.config,
    pattern: { name: 'nOfM' },
    schedule: { name: 'polynomialDecay', options: { power: 1 } },
    scoring: { batches: 2 },
  });
  await expect(prune({ ...method, saliency: magnitude, scoring: undefined })).rejects.toThrow(
    /saliency|scoring/,
  );
});

it('trains the same dense model as finetune', async () => {
  const [dense] = await prune();
  fs.rmSync(folder, { recursive: true });
  const [alone] = await finetune({ setup: smallSetup(), folder, seed: 1 });
  expect(withoutSeconds([{ ...dense!, level: undefined }])).toEqual(
    withoutSeconds([{ ...alone!, level: undefined }]),
  );
});

it('goes on where it was broken off, and ends with the same outcomes', async () => {
  const whole = await prune();
  fs.rmSync(folder, { recursive: true });
  const breakOff: Callback = {
    name: 'watch',
    onStepEnd: (training) => void (training.step === 7 && training.interrupt('a test')),
  };
  const listener = { callbacks: ({ level }: { level?: number }) => (level === 2 ? [breakOff] : []) };
  await expect(prune({ listener })).rejects.toThrow('Stopped by a test after step 7');
  const made: number[] = [];
  const setup = smallSetup();
  const counted = { ...setup, model: (seed: number) => (made.push(seed), setup.model(seed)) };
  expect(withoutSeconds(await prune({ setup: counted }))).toEqual(withoutSeconds(whole));
  expect(made).toEqual([1, 1]); // to know the first weights, and for the level that was broken off, and no other
});

it('goes on from an older checkpoint where the newest is damaged, to the same outcomes, and tells whose it is', async () => {
  const whole = await prune();
  fs.rmSync(folder, { recursive: true });
  const breakOff: Callback = {
    name: 'watch',
    onStepEnd: (training) => void (training.step === 7 && training.interrupt('a test')),
  };
  const callbacks = ({ level }: { level?: number }) => (level === 2 ? [breakOff] : []);
  await expect(prune({ listener: { callbacks } })).rejects.toThrow('Stopped by a test after step 7');
  const checkpoints = path.join(folder, 'seed-1', 'gradual-2', 'checkpoints');
  fs.truncateSync(path.join(checkpoints, 'step-7', 'tensors.safetensors'), 100);
  const notices: string[] = [];
  const onNotice = (notice: string, { method, level }: Label) =>
    notices.push(`${method} ${level}: ${notice}`);
  expect(withoutSeconds(await prune({ listener: { onNotice } }))).toEqual(withoutSeconds(whole));
  expect(notices).toEqual([
    expect.stringMatching(/^gradual 2: The checkpoint of step 7 is damaged .* goes on from step 4\.$/),
  ]);
  expect(fs.readdirSync(checkpoints)).toEqual(['step-7.damaged']);
});

it.each<[Partial<GradualPruningOptions>, string]>([
  [{ sparsities: [80] }, 'fractions above 0 and below 1, got 80'],
  [{ sparsities: [] }, 'at least one'],
  [{ sparsities: [0.5, 0.5] }, 'different sparsities'],
  [{ begin: 0.8, end: 0.2 }, 'begin 0.8 and end 0.2'],
])('refuses %j', async (options, message) => {
  await expect(prune(options)).rejects.toThrow(message);
});
