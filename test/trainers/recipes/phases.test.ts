import * as fs from 'node:fs';
import * as path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { Compressed, compressedOf } from '../../../lib/compress/compressed';
import { staticInt8 } from '../../../lib/compress/scheme';
import { forward } from '../../../lib/core/forward';
import { weightsOf } from '../../../lib/core/weights';
import { mlp } from '../../../lib/models/mlp';
import { maskOf } from '../../../lib/pruning/model-masks';
import { softmaxCrossEntropy } from '../../../trainers/losses';
import { adamW } from '../../../trainers/optimizer';
import { densePhase } from '../../../trainers/recipes/dense';
import type { Phase } from '../../../trainers/recipes/phase';
import { runPhases } from '../../../trainers/recipes/phases';
import { pruneThenQuantize } from '../../../trainers/recipes/prune-then-quantize';
import type { Observer, Setup } from '../../../trainers/recipes/setup';
import { constant } from '../../../trainers/schedules';
import { smallSetup, temporaryFolder, withoutSeconds } from './small-setup';

let folder: string;
beforeEach(() => (folder = temporaryFolder()));
afterEach(() => fs.rmSync(folder, { recursive: true }));

describe('prune → QAT', () => {
  const run = (observer?: Observer, setup = smallSetup()) =>
    pruneThenQuantize({
      ...{ setup, folder, observer, seed: 1, sparsity: 0.5, begin: 0, end: 0.5, frequency: 1 },
      ...{ rules: staticInt8(), freezeObserversAt: 0.8 },
    });

  test('masks go on: what was pruned is 0 among the codes', async () => {
    const zeros: number[] = [];
    const outcomes = await run({
      onTrained(trained, { method }) {
        if (method === 'dense') return;
        const { model } = compressedOf(trained);
        const { variable } = weightsOf(model).find(({ path: name }) => name === 'hidden/1/kernel')!;
        const mask = maskOf(variable)!;
        expect(variable.dataSync().filter((_, i) => mask[i] === 0)).toEqual(new Float32Array(zerosIn(mask)));
        zeros.push(zerosIn(mask));
      },
    });
    expect(outcomes.map(({ method, bits }) => [method, bits])).toEqual([
      ['dense', undefined],
      ['gradual', undefined],
      ['qat', 7],
    ]);
    const [, gradual, qat] = outcomes;
    expect(gradual!.sparsity).toBe(0.5);
    expect(qat!.sparsity).toBeGreaterThanOrEqual(0.5);
    expect(zeros[0]).toBeGreaterThan(10);
    expect(zeros[1]).toBe(zeros[0]);
  });

  test('goes on where it was broken off, in either training, with the same outcomes', async () => {
    const whole = await run();
    for (const method of ['gradual', 'qat']) {
      fs.rmSync(folder, { recursive: true });
      const breakOff: Observer = {
        callbacks: (label) =>
          label.method === method
            ? [
                {
                  name: 'break',
                  onStepEnd: (training) => void (training.step === 7 && training.interrupt('test')),
                },
              ]
            : [],
      };
      await expect(run(breakOff)).rejects.toThrow('Stopped by test after step 7');
      expect(withoutSeconds(await run())).toEqual(withoutSeconds(whole));
    }
  });

  test.each<[string, Partial<Setup>, string]>([
    [
      'learning rate',
      { learningRate: () => constant(0.01) },
      'setup/learningRate was {"name":"linearWarmup"',
    ],
    ['weight decay', { optimizer: adamW({ weightDecay: 0.1 }) }, 'weightDecay was 0.01 and is 0.1'],
    ['length', { epochs: 3 }, 'setup/steps was 12 and is 18'],
    [
      'loss',
      { loss: (...given) => softmaxCrossEntropy(...given).mul(2) as tf.Scalar },
      'setup/loss/source was',
    ],
    ['first weights', { model: () => smallSetup().model(2) }, 'setup/firstWeights was'],
    ['data', { data: () => smallSetup().data(2) }, 'setup/data was'],
  ])('another %s in a finished folder is refused with the difference', async (_, change, message) => {
    await run();
    await expect(run(undefined, { ...smallSetup(), ...change })).rejects.toThrow(message);
  });
});

describe('a phase that ends with another model', () => {
  /** 4 hidden units, of which the phase cuts the first away; one more phase trains on. */
  const setup = (): Setup => ({ ...smallSetup(), model: (seed) => widthOf(4, seed) });
  const widthOf = (width: number, seed: number) =>
    mlp({ inputSize: 6, hiddenSizes: [width], outputSize: 2, seed });
  const slices: [path: string, axis: number][] = [
    ['hidden/0/kernel', 1],
    ['hidden/0/bias', 0],
    ['output/kernel', 0],
  ];
  const cut = (model: tf.LayersModel): tf.LayersModel => {
    const smaller = widthOf(3, 0);
    const values = new Map(weightsOf(model).map(({ path: name, variable }) => [name, variable]));
    for (const { path: name, variable } of weightsOf(smaller)) {
      const [, axis] = slices.find(([sliced]) => sliced === name) ?? [];
      tf.tidy(() => {
        const whole: tf.Tensor = values.get(name)!;
        const from = whole.shape.map((_, i) => Number(i === axis));
        variable.assign(axis === undefined ? whole : whole.slice(from));
      });
    }
    return smaller;
  };
  const phases = (): Phase[] => {
    const dense = densePhase(1, { handsOn: true });
    const smaller: Phase = {
      ...{ label: { method: 'cut', role: 'method', seed: 1 }, identity: { unit: 0 }, after: dense },
      ...{ handsOn: true, trains: false, attach: (model) => ({ end: () => cut(model) }) },
    };
    const tuned: Phase = {
      ...{ label: { method: 'tuned', role: 'method', seed: 1 }, identity: null, after: smaller },
    };
    return [dense, smaller, tuned];
  };

  test('hands it on, to be trained and resumed', async () => {
    const models = new Map<string, Float32Array[]>();
    const keep: Observer = {
      onTrained: (trained, { method }) =>
        void models.set(
          method,
          weightsOf((trained as Compressed | { model: tf.LayersModel }).model ?? trained).map(
            ({ variable }) => Float32Array.from(variable.dataSync()),
          ),
        ),
    };
    const whole = await runPhases({ setup: setup(), folder, observer: keep }, phases());
    expect(models.get('dense')!.map(({ length }) => length)).toEqual([24, 4, 8, 2]);
    expect(models.get('cut')!.map(({ length }) => length)).toEqual([18, 3, 6, 2]);
    expect(models.get('tuned')!.map(({ length }) => length)).toEqual([18, 3, 6, 2]);
    expect(models.get('tuned')![0]).not.toEqual(models.get('cut')![0]);
    expect(whole.map(({ parameters }) => parameters)).toEqual([38, 29, 29]);
    fs.rmSync(path.join(folder, 'seed-1', 'tuned'), { recursive: true });
    const again = await runPhases({ setup: setup(), folder }, phases());
    expect(withoutSeconds(again)).toEqual(withoutSeconds(whole));
  });

  test('answers as the one before without the unit', async () => {
    const x = tf.tensor2d([[0.5, -0.5, 0.1, 0.2, 0.3, 0.4]]);
    const model = widthOf(4, 1);
    const smaller = cut(model);
    weightsOf(model)
      .find(({ path: name }) => name === 'output/kernel')!
      .variable.assign(
        tf.tidy(() => {
          const { variable } = weightsOf(model).find(({ path: name }) => name === 'output/kernel')!;
          return tf.concat([tf.zeros([1, 2]), variable.slice([1, 0])]);
        }),
      );
    const [one, other] = [model, smaller].map((each) =>
      tf.tidy(() => [...forward(each, [x], false).dataSync()]),
    );
    other!.forEach((value, i) => expect(value).toBeCloseTo(one![i]!, 5));
  });
});

it('refuses a phase after one that was not run, or hands nothing on', async () => {
  const dense = densePhase(1);
  const after: Phase = { label: { method: 'next', role: 'method', seed: 1 }, identity: null, after: dense };
  const options = { setup: smallSetup(), folder };
  await expect(runPhases(options, [after])).rejects.toThrow('the phase "dense" to be run before "next"');
  await expect(runPhases(options, [dense, after])).rejects.toThrow('with handsOn: true');
});

it('leaves no tensors', async () => {
  const before = tf.memory().numTensors;
  await pruneThenQuantize({
    ...{ setup: smallSetup(), folder, seed: 1, sparsity: 0.5, begin: 0, end: 0.5, frequency: 1 },
    ...{ rules: staticInt8(), freezeObserversAt: 0.8 },
  });
  expect(tf.memory().numTensors).toBe(before);
});

function zerosIn(mask: Uint8Array): number {
  return mask.filter((keep) => keep === 0).length;
}
