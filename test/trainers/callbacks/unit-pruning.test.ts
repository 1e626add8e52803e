import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { BatchSource, fromTensors } from '../../../datasets/batch';
import type { HostTensor } from '../../../lib/core/host-tensor';
import { weightsOf } from '../../../lib/core/weights';
import { forward } from '../../../lib/forward/forward';
import { bert } from '../../../lib/models/bert';
import { bertConfigOf } from '../../../lib/models/bert-config-of';
import { masksOf } from '../../../lib/pruning/model-masks';
import { linearDecay, oneShot } from '../../../lib/pruning/schedule';
import { deadUnits } from '../../../lib/structure/dead-units';
import { Importance, onlyHeads } from '../../../lib/structure/importance';
import { logitFisher } from '../../../lib/structure/logit-fisher';
import { weightNorms } from '../../../lib/structure/scores/weight-norms';
import { shrink } from '../../../lib/structure/shrink';
import { unitCount } from '../../../lib/structure/unit-costs';
import type { Callback } from '../../../trainers/callback';
import { unitPruning, UnitPruningOptions } from '../../../trainers/callbacks/unit-pruning';
import { compiledEngine } from '../../../trainers/engines/compiled';
import { eagerEngine } from '../../../trainers/engines/eager';
import { Interrupted } from '../../../trainers/interrupted';
import { softmaxCrossEntropy } from '../../../trainers/losses';
import { adamW } from '../../../trainers/optimizer';
import { parametersOf } from '../../../trainers/parameters';
import { constantRate } from '../../../trainers/schedules';
import { train } from '../../../trainers/trainer';
import { expectClose } from '../../models/compare';
import { tiny } from '../../models/family-cases';
import { batch } from '../../models/reference';
import { fakeTraining } from '../fake-training';
import { interruptAt } from '../toys';

let folder: string;
beforeEach(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'whittle-units-'));
  await tf.setBackend('cpu');
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

function source(): BatchSource {
  const [xs, ys] = tf.tidy((): [tf.Tensor[], tf.Tensor] => {
    const ids = tf.randomUniform([16, 4], 1, 11, 'int32', 3);
    const labels = ids.slice([0, 1], [16, 1]).reshape([16]).mod(tf.scalar(3, 'int32')).toInt();
    return [[ids, tf.onesLike(ids), tf.zerosLike(ids)], labels];
  });
  const data = fromTensors(xs, ys, { batchSize: 4, seed: 1 });
  tf.dispose([xs, ys]);
  return data;
}

const schedule = linearDecay({ finalSparsity: 0.5, beginStep: 2, endStep: 6, frequency: 2 });
const byNorm = (model: tf.LayersModel) => weightNorms(model, 2);
const norms: UnitPruningOptions = { schedule, importance: byNorm, apart: true, costs: unitCount };

interface Found {
  readonly model: tf.LayersModel;
  readonly losses: readonly number[];
  readonly moments: readonly number[];
  readonly dead: readonly ReturnType<typeof deadUnits>[];
}

async function run(
  options: UnitPruningOptions,
  { engine = eagerEngine({ backend: 'cpu' }), name = 'run', more = [] as Callback[], steps = 8 } = {},
): Promise<Found> {
  const model = bert(tiny('bert'));
  const optimizer = adamW();
  const parameters = parametersOf(model, { slots: optimizer.slots });
  const dead: ReturnType<typeof deadUnits>[] = [];
  const watch: Callback = { name: 'watch', onStepEnd: ({ model: now }) => void dead.push(deadUnits(now)) };
  const training = { model, parameters, engine, optimizer, data: source(), loss: softmaxCrossEntropy };
  try {
    const { losses } = await train({
      ...training,
      ...{ learningRate: constantRate(0.01), steps, callbacks: [unitPruning(options), watch, ...more] },
      checkpoint: { folder: path.join(folder, name), every: 1 },
    });
    const masks = masksOf(model);
    const moments = parameters.list.flatMap(({ path: at, slots }) =>
      Object.values(slots).flatMap((slot) => [...slot].filter((_, i) => masks.get(at)?.[i] === 0)),
    );
    return { model, losses, moments, dead };
  } finally {
    parameters.dispose();
  }
}

const countOf = ({ heads, neurons }: ReturnType<typeof deadUnits>) =>
  [heads!, neurons!].map((each) => each.flat().length);

it.each([
  ['eager', eagerEngine({ backend: 'cpu' })],
  ['compiled', compiledEngine({ threads: 1 })],
])(
  'units go along the schedule and stay gone, weights and moments, and can be cut out: %s',
  async (_, engine) => {
    const { model, moments, dead } = await run(norms, { engine });
    // of 4 heads and 24 neurons: 28, then 21, then 14 stay, of both kinds alike
    expect(dead.map(countOf)).toEqual([
      ...[0, 1, 2].map(() => [0, 0]),
      ...[3, 4].map(() => [1, 6]),
      ...[5, 6, 7].map(() => [2, 12]),
    ]);
    dead
      .slice(1)
      .forEach(({ heads }, i) =>
        expect(heads!.flat()).toEqual(expect.arrayContaining(dead[i]!.heads!.flat())),
      );
    expect(moments.length).toBeGreaterThan(0);
    expect(moments.every((moment) => Object.is(moment, 0))).toBe(true);
    const smaller = shrink(model);
    expect(bertConfigOf(smaller).heads.reduce((a, b) => a + b)).toBe(2);
    tf.tidy(() => expectClose(forward(smaller, batch(), false), forward(model, batch(), false), 1e-5));
    [model, smaller].forEach((each) => each.dispose());
  },
);

it('asks for scores of the model as it is, and prunes what has any, the same number in each layer', async () => {
  const batches: HostTensor[][] = [];
  for await (const { xs } of source().epoch(0)) batches.push(xs);
  const asked: number[] = [];
  const importance = async (model: tf.LayersModel): Promise<Importance> => {
    asked.push(weightsOf(model)[0]!.variable.dataSync()[0]!);
    return onlyHeads(await logitFisher(model, batches));
  };
  const { model, dead } = await run({ schedule, importance, perLayer: true });
  expect(new Set(asked).size).toBe(3);
  expect(dead.at(-1)!.heads!.map(({ length }) => length)).toEqual([1, 1]);
  expect(dead.at(-1)!.neurons!.flat()).toEqual([]);
  model.dispose();
});

it('a resumed run prunes as one that never stopped, bit for bit', async () => {
  const whole = await run(norms, { name: 'whole' });
  for (const step of [1, 4, 5]) {
    const name = `stopped-${step}`;
    await expect(run(norms, { name, more: [interruptAt(step)] })).rejects.toThrow(Interrupted);
    const resumed = await run(norms, { name });
    expect(resumed.losses.at(-1)).toBe(whole.losses.at(-1));
    expect(resumed.model.getWeights().map((w) => [...w.dataSync()])).toEqual(
      whole.model.getWeights().map((w) => [...w.dataSync()]),
    );
    resumed.model.dispose();
  }
  whole.model.dispose();
});

it('fractions of a longer run are another schedule', async () => {
  const relative = {
    ...norms,
    schedule: linearDecay({ finalSparsity: 0.5, begin: 0.25, end: 0.75, frequency: 2 }),
  };
  (await run(relative)).model.dispose();
  await expect(run(relative, { steps: 12 })).rejects.toThrow('prunes otherwise: beginStep was 2 and is 3');
});

describe('by hand', () => {
  const withModel = async (
    body: (model: tf.LayersModel, training: ReturnType<typeof fakeTraining>) => Promise<void>,
  ) => {
    const model = bert(tiny('bert'));
    const parameters = parametersOf(model, { slots: adamW().slots });
    await body(model, fakeTraining({ model, parameters }));
    parameters.dispose();
    model.dispose();
  };

  it('a schedule from step 0 prunes before training, and gives back what was there if the first step fails', () =>
    withModel(async (model, { training, logs }) => {
      const before = model.getWeights().map((weight) => [...weight.dataSync()]);
      const callback = unitPruning({ ...norms, schedule: oneShot({ finalSparsity: 0.5 }) });
      await callback.onTrainBegin!(training);
      expect(countOf(deadUnits(model))).toEqual([2, 12]);
      expect(logs).toEqual([
        ['units/heads', 2],
        ['units/neurons', 12],
        ['units/removed', 0.5],
      ]);
      callback.dispose!();
      expect(model.getWeights().map((weight) => [...weight.dataSync()])).toEqual(before);
      expect(masksOf(model).size).toBe(0);
    }));

  it('refuses what it cannot do when training begins', () =>
    withModel(async (_, { training }) => {
      const late = unitPruning({ ...norms, schedule: linearDecay({ finalSparsity: 0.5, endStep: 11 }) });
      await expect(late.onTrainBegin!(training)).rejects.toThrow('ends within the 10 steps');
      const other = fakeTraining({ model: tf.sequential({ name: 'other' }) });
      await expect(unitPruning(norms).onTrainBegin!(other.training)).rejects.toThrow('built by bert()');
    }));
});
