import * as fs from 'node:fs';
import * as path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { compressedOf } from '../../../lib/compress/compressed';
import { staticInt8 } from '../../../lib/compress/scheme';
import { forward } from '../../../lib/forward/forward';
import { configured } from '../../../lib/core/config';
import { weightsOf } from '../../../lib/core/weights';
import { assign } from '../../../lib/core/assign';
import type { HostTensor } from '../../../lib/core/host-tensor';
import { bert } from '../../../lib/models/bert';
import { Unit, withoutUnits } from '../../../lib/pruning/unit';
import { maskOf } from '../../../lib/pruning/model-masks';
import { fromTensors } from '../../../datasets/batch';
import { softmaxCrossEntropy } from '../../../trainers/losses';
import { adamW } from '../../../trainers/optimizer';
import { distillation } from '../../../trainers/distillation';
import { densePhase } from '../../../trainers/recipes/dense';
import type { Phase } from '../../../trainers/recipes/phase';
import { runPhases } from '../../../trainers/recipes/phases';
import { pruneAndQuantize } from '../../../trainers/recipes/orders';
import type { Listener, Setup } from '../../../trainers/recipes/setup';
import { constantRate } from '../../../trainers/schedules';
import { smallSetup, temporaryFolder, withoutSeconds } from './small-setup';

let folder: string;
beforeEach(() => (folder = temporaryFolder()));
afterEach(() => fs.rmSync(folder, { recursive: true }));

describe('prune → QAT', () => {
  const run = (listener?: Listener, setup = smallSetup()) =>
    pruneAndQuantize({
      ...{ setup, folder, listener, seed: 1, sparsity: 0.5, begin: 0, end: 0.5, frequency: 1 },
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
      ['pruned-first', undefined],
      ['prune-then-quantize', 7],
    ]);
    const [, gradual, qat] = outcomes;
    expect(gradual!.options).toMatchObject({ sparsity: 0.5, begin: 0, end: 0.5 });
    expect(qat!.options).toMatchObject({
      rules: { input: { name: 'movingAverage' } },
      freezeObserversAt: 0.8,
    });
    expect(gradual!.sparsity).toBe(0.5);
    expect(qat!.sparsity).toBeGreaterThanOrEqual(0.5);
    expect(zeros[0]).toBeGreaterThan(10);
    expect(zeros[1]).toBe(zeros[0]);
  });

  test('goes on where it was broken off, in either training, with the same outcomes', async () => {
    const whole = await run();
    for (const method of ['pruned-first', 'prune-then-quantize']) {
      fs.rmSync(folder, { recursive: true });
      const breakOff: Listener = {
        callbacks: (label) =>
          label.method === method
            ? [
                {
                  name: 'break',
                  onStepEnd: (training) => void (training.step === 4 && training.interrupt('test')),
                },
              ]
            : [],
      };
      await expect(run(breakOff)).rejects.toThrow('Stopped by test after step 4');
      expect(withoutSeconds(await run())).toEqual(withoutSeconds(whole));
    }
  });

  test.each<[string, Partial<Setup>, string]>([
    [
      'learning rate',
      { learningRate: () => constantRate(0.01) },
      'setup/learningRate was {"name":"linearWarmup"',
    ],
    ['weight decay', { optimizer: adamW({ weightDecay: 0.1 }) }, 'weightDecay was 0.01 and is 0.1'],
    ['length', { epochs: 3 }, 'setup/steps was 12 and is 18'],
    [
      'loss',
      { loss: (...given) => softmaxCrossEntropy(...given).mul(2) as tf.Scalar },
      'setup/loss was {"name":"softmaxCrossEntropy"',
    ],
    ['first weights', { model: () => smallSetup().model(2) }, 'setup/firstWeights was'],
    ['data', { data: () => smallSetup().data(2) }, 'setup/data was'],
  ])('another %s in a finished folder is refused with the difference', async (_, change, message) => {
    await run();
    await expect(run(undefined, { ...smallSetup(), ...change })).rejects.toThrow(message);
  });
});

describe('a phase that ends with another model', () => {
  const sizes = {
    layers: 1,
    hiddenSize: 8,
    headSize: 2,
    intermediateSize: 6,
    maxPositions: 16,
    vocabSize: 12,
    labels: 2,
  };
  const bertOf = (heads: number, seed: number) => bert({ ...sizes, heads: [heads], seed });
  const ids = Int32Array.from({ length: 48 * 4 }, (_, i) => (i * 5 + (i >> 2)) % 12);
  const setup = (): Setup => {
    const xs = [ids, ids.map(() => 1), ids.map(() => 0)].map((x) => tf.tensor2d(x, [48, 4], 'int32'));
    const ys = tf.tensor1d(
      ids.filter((_, i) => i % 4 === 0).map((id) => id % 2),
      'int32',
    );
    const data = fromTensors(xs, ys, { batchSize: 8, shuffle: false });
    tf.dispose([...xs, ys]);
    return { ...smallSetup(), model: (seed) => bertOf(4, seed), data: () => data, dev: data };
  };
  /** The second head. */
  const head: Unit = {
    name: 'encoder/0 head 1',
    slices: ['query', 'key', 'value'].flatMap((part) => [
      { path: `encoder/0/attention/${part}/kernel`, axis: 1, from: 2, to: 4 },
      { path: `encoder/0/attention/${part}/bias`, axis: 0, from: 2, to: 4 },
    ]),
  };
  const cutHead: Unit = {
    ...head,
    slices: [...head.slices, { path: 'encoder/0/attention/output/kernel', axis: 0, from: 2, to: 4 }],
  };
  const valuesOf = (model: tf.LayersModel) =>
    new Map(
      weightsOf(model).map(({ path: name, variable }) => [
        name,
        { shape: variable.shape, data: Float32Array.from(variable.dataSync()) },
      ]),
    );
  const cut = (model: tf.LayersModel): tf.LayersModel => {
    const smaller = bertOf(3, 0);
    const values = withoutUnits(valuesOf(model), [cutHead]);
    weightsOf(smaller).forEach(({ path: name, variable }) => assign(variable, values.get(name)!.data));
    return smaller;
  };
  const phases = (): Phase[] => {
    const dense = densePhase(1, { handsOn: true });
    const smaller: Phase = {
      ...{ label: { method: 'cut', role: 'method', seed: 1 }, identity: cutHead.name, after: dense },
      ...{ handsOn: true, trains: false, attach: (model) => ({ end: () => cut(model) }) },
    };
    const tuned: Phase = {
      ...{ label: { method: 'tuned', role: 'method', seed: 1 }, identity: null, after: smaller },
    };
    return [dense, smaller, tuned];
  };

  test('hands it on, to be trained and resumed', async () => {
    const models = new Map<string, ReturnType<typeof valuesOf>>();
    const keep: Listener = {
      onTrained: (trained, { method }) => void models.set(method, valuesOf(compressedOf(trained).model)),
    };
    const whole = await runPhases({ setup: setup(), folder, listener: keep }, phases());
    const query = (method: string) => models.get(method)!.get('encoder/0/attention/query/kernel')!;
    expect(['dense', 'cut', 'tuned'].map((method) => query(method).shape)).toEqual([
      [8, 8],
      [8, 6],
      [8, 6],
    ]);
    expect(query('tuned').data).not.toEqual(query('cut').data);
    expect(whole[0]!.parameters - whole[1]!.parameters).toBe(4 * 8 * 2 + 3 * 2);
    fs.rmSync(path.join(folder, 'seed-1', 'tuned'), { recursive: true });
    const breakOff: Listener = {
      callbacks: ({ method }) =>
        method === 'tuned'
          ? [
              {
                name: 'break',
                onStepEnd: (training) => void (training.step === 7 && training.interrupt('test')),
              },
            ]
          : [],
    };
    await expect(runPhases({ setup: setup(), folder, listener: breakOff }, phases())).rejects.toThrow(
      'after step 7',
    );
    const again = await runPhases({ setup: setup(), folder }, phases());
    expect(withoutSeconds(again)).toEqual(withoutSeconds(whole));
  });

  test('may hand on a tokenizer: later phases read texts that are cut by it', async () => {
    const seen: number[] = [];
    const cutBy = (most: number) => {
      const given = setup();
      const source = given.dev;
      const capped = (values: Int32Array) => values.map((id) => Math.min(id, most - 1));
      const data = {
        ...source,
        digest: undefined,
        async *epoch(epoch: number, from?: number) {
          for await (const { xs, ...rest } of source.epoch(epoch, from)) {
            const [first, ...others] = xs as [HostTensor, ...HostTensor[]];
            seen.push(Math.max(...capped(first.data as Int32Array)));
            yield { ...rest, xs: [{ ...first, data: capped(first.data as Int32Array) }, ...others] };
          }
        },
      };
      return { data: () => data, dev: data };
    };
    const options = { setup: { ...setup(), tokenizedBy: (most: unknown) => cutBy(most as number) }, folder };
    const dense = densePhase(1, { handsOn: true });
    const smaller: Phase = {
      ...{ label: { method: 'words', role: 'method', seed: 1 }, identity: 5, after: dense, handsOn: true },
      ...{ trains: false, attach: () => ({ tokenizer: () => 5 }) },
    };
    const tuned: Phase = {
      label: { method: 'tuned', role: 'method', seed: 1 },
      identity: null,
      after: smaller,
    };
    const whole = await runPhases(options, [dense, smaller, tuned]);
    expect(whole[1]!.metrics['loss']).not.toBe(whole[0]!.metrics['loss']);
    expect(seen.length).toBeGreaterThan(12);
    expect(Math.max(...seen)).toBe(4);
    fs.rmSync(path.join(folder, 'seed-1', 'tuned'), { recursive: true });
    expect(withoutSeconds(await runPhases(options, [dense, smaller, tuned]))).toEqual(withoutSeconds(whole));
  });

  test('answers as the one before without the head', () => {
    const xs = [ids, ids.map(() => 1), ids.map(() => 0)].map((x) => tf.tensor2d(x, [48, 4], 'int32'));
    const model = bertOf(4, 1);
    const smaller = cut(model);
    const { variable } = weightsOf(model).find(
      ({ path: name }) => name === 'encoder/0/attention/output/kernel',
    )!;
    tf.tidy(() =>
      variable.assign(tf.concat([variable.slice([0, 0], [2, 8]), tf.zeros([2, 8]), variable.slice([4, 0])])),
    );
    const [one, other] = [model, smaller].map((each) =>
      tf.tidy(() => [...forward(each, xs, false).dataSync()]),
    );
    other!.forEach((value, i) => expect(value).toBeCloseTo(one![i]!, 5));
    tf.dispose(xs);
  });

  test.each([
    [{ path: 'a', axis: 0, from: 0, to: 1 }, 'no such weight'],
    [{ path: 'classifier/bias', axis: 0, from: 1, to: 3 }, 'within [2], got 1 to 3 of axis 0'],
    [{ path: 'classifier/bias', axis: 1, from: 0, to: 1 }, 'of axis 1'],
    [{ path: 'classifier/bias', axis: 0, from: 1, to: 1 }, 'got 1 to 1'],
    [{ path: 'classifier/bias', axis: 0, from: 0.5, to: 1 }, 'got 0.5 to 1'],
  ])('slices like %j are refused', (slice, message) => {
    expect(() => withoutUnits(valuesOf(bertOf(1, 0)), [{ name: 'wrong', slices: [slice] }])).toThrow(message);
  });
});

it('refuses a phase after one that was not run, or hands nothing on', async () => {
  const dense = densePhase(1);
  const after: Phase = { label: { method: 'next', role: 'method', seed: 1 }, identity: null, after: dense };
  const options = { setup: smallSetup(), folder };
  await expect(runPhases(options, [after])).rejects.toThrow('the phase "dense" to be run before "next"');
  await expect(runPhases(options, [dense, after])).rejects.toThrow('with handsOn: true');
});

describe('a phase that learns from the one before', () => {
  const taught = (weight: number, seen: (teacher: tf.LayersModel) => void = () => undefined): Phase[] => {
    const dense = densePhase(1, { handsOn: true });
    return [
      dense,
      {
        label: { method: 'student', role: 'method', seed: 1 },
        ...{ identity: null, after: dense, epochs: 1 },
        taught: {
          by: dense,
          loss: configured(
            (teacher: tf.LayersModel) => {
              seen(teacher);
              return distillation({ teacher, weight });
            },
            'distilled',
            { weight },
          ),
        },
      },
    ];
  };

  test('has it as a teacher as it ended, and lets it go', async () => {
    const weights: Record<string, number[]> = {};
    const note = (name: string, model: tf.LayersModel) =>
      (weights[name] = model.getWeights().flatMap((weight) => [...weight.dataSync()]));
    const listener: Listener = {
      onTrained: (trained, { method }) => void note(method, compressedOf(trained).model),
    };
    const before = tf.memory().numTensors;
    const phases = taught(0.5, (teacher) => note('teacher', teacher));
    const outcomes = await runPhases({ setup: smallSetup(), folder, listener }, phases);
    expect(tf.memory().numTensors).toBe(before);
    expect(weights['teacher']).toEqual(weights['dense']);
    expect(weights['student']).not.toEqual(weights['dense']);
    expect(outcomes.map(({ steps }) => steps)).toEqual([12, 6]);
  });

  test('a teacher that hands nothing on is refused', async () => {
    const [dense, student] = taught(0.5) as [Phase, Phase];
    const quiet: Phase = { ...dense, handsOn: false, label: { ...dense.label, method: 'quiet' } };
    const phases = [dense, quiet, { ...student, taught: { ...student.taught!, by: quiet } }];
    await expect(runPhases({ setup: smallSetup(), folder }, phases)).rejects.toThrow(
      'Expected the phase "quiet" to be run before "student", with handsOn: true.',
    );
  });

  test('another loss in a finished folder is refused', async () => {
    await runPhases({ setup: smallSetup(), folder }, taught(0.5));
    await expect(runPhases({ setup: smallSetup(), folder }, taught(0.9))).rejects.toThrow(
      'weight was 0.5 and is 0.9',
    );
  });
});

it('leaves no tensors', async () => {
  const before = tf.memory().numTensors;
  await pruneAndQuantize({
    ...{ setup: smallSetup(), folder, seed: 1, sparsity: 0.5, begin: 0, end: 0.5, frequency: 1 },
    ...{ rules: staticInt8(), freezeObserversAt: 0.8 },
  });
  expect(tf.memory().numTensors).toBe(before);
});

function zerosIn(mask: Uint8Array): number {
  return mask.filter((keep) => keep === 0).length;
}
