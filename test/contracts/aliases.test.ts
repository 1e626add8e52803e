import * as tf from '@tensorflow/tfjs';
import { fromTensors } from '../../datasets/batch';
import { jit } from '../../lib/compile/jit';
import type { Callback } from '../../trainers/callback';
import { earlyStopping } from '../../trainers/callbacks/early-stopping';
import { compiledEngine } from '../../trainers/engines/compiled';
import { eagerEngine } from '../../trainers/engines/eager';
import { parametersOf } from '../../trainers/parameters';
import { constantRate } from '../../trainers/schedules';
import { train, TrainOptions } from '../../trainers/trainer';
import { expectNoLeak } from '../leaks';
import { scopeEachTest } from '../scope';
import { twoSteps } from '../trainers/two-steps';

/** On tfjs's cpu backend `clone`, `assign` and `setWeights` share memory; what we write in place must not show elsewhere. */

scopeEachTest();

function normModel(): tf.Sequential {
  return tf.sequential({
    layers: [
      tf.layers.dense({ name: 'dense', units: 2, inputShape: [2], kernelInitializer: 'ones' }),
      tf.layers.batchNormalization({ name: 'norm', momentum: 0.5 }),
    ],
  });
}

const valuesOf = (weights: readonly tf.Tensor[]): number[][] =>
  weights.map((weight) => Array.from(weight.dataSync()));

function training(model: tf.LayersModel, options: Partial<TrainOptions> = {}): TrainOptions {
  const [xs, ys] = [
    tf.tensor2d([
      [1, 0],
      [0, 2],
      [3, 0],
    ]),
    tf.ones([3, 2]),
  ];
  const data = fromTensors(xs, ys, { batchSize: 3 });
  tf.dispose([xs, ys]);
  return twoSteps(model, data, options);
}

const engines = [
  ['compiled', compiledEngine()],
  ['eager cpu', eagerEngine({ backend: 'cpu' })],
  ['eager wasm', eagerEngine({ backend: 'wasm' })],
] as const;

describe.each(engines)('on the %s engine', (_, engine) => {
  test('a teacher stays as it is while a student with its weights trains', async () => {
    const [teacher, student] = [normModel(), normModel()];
    student.setWeights(teacher.getWeights());
    const before = valuesOf(teacher.getWeights());
    await train(training(student, { engine }));
    expect(valuesOf(teacher.getWeights())).toEqual(before);
    const after = valuesOf(student.getWeights());
    after.forEach((values, i) => expect(values).not.toEqual(before[i]));
  });

  test('clones that a callback keeps stay as they are, to the end and after', async () => {
    const model = normModel();
    const kept: tf.Tensor[][] = [];
    const seen: number[][][] = [];
    const keep: Callback = {
      name: 'keep',
      onStepEnd({ model: { weights } }) {
        kept.push(weights.map((weight) => tf.keep(weight.read().clone())));
        seen.push(valuesOf(kept.at(-1)!));
      },
    };
    await train(training(model, { engine, steps: 3, callbacks: [keep] }));
    await train(training(normModel(), { engine })); // may use the freed memory
    expect(kept.map(valuesOf)).toEqual(seen);
    expect(seen[0]).not.toEqual(seen[1]);
    expect(valuesOf(kept[2]!)).toEqual(valuesOf(model.getWeights()));
    tf.dispose(kept);
  });

  test('a clone outlives weights that were assigned, and the model', () => {
    const model = normModel();
    const parameters = parametersOf(model);
    const { variable } = parameters.get('dense/kernel');
    const first = variable.clone();
    variable.assign(tf.fill([2, 2], 2));
    parameters.rebind();
    const second = variable.clone();
    model.dispose();
    parameters.dispose();
    expect(valuesOf([first, second])).toEqual([
      [1, 1, 1, 1],
      [2, 2, 2, 2],
    ]);
  });
});

test('two models that share a variable’s data train apart, at the same time', async () => {
  const models = [normModel(), normModel(), normModel(), normModel()] as const;
  const [a, b, alone, other] = models;
  b.setWeights(a.getWeights());
  alone.setWeights(a.getWeights().map((weight) => weight.mul(1)));
  other.setWeights(a.getWeights().map((weight) => weight.mul(1)));
  await Promise.all([
    train(training(a, { steps: 3 })),
    train(training(b, { learningRate: constantRate(0.2) })),
  ]);
  await train(training(alone, { steps: 3 }));
  await train(training(other, { learningRate: constantRate(0.2) }));
  expect(valuesOf(a.getWeights())).toEqual(valuesOf(alone.getWeights()));
  expect(valuesOf(b.getWeights())).toEqual(valuesOf(other.getWeights()));
});

describe('a compiled function', () => {
  test('leaves a tensor alone that a variable was made of or assigned from', async () => {
    const [first, second] = [tf.tensor1d([1]), tf.tensor1d([10])];
    const count = tf.variable(first);
    const step = jit(() => {
      count.assign(count.add(1));
      return [];
    });
    await step();
    expect(valuesOf([first, count])).toEqual([[1], [2]]);
    count.assign(second);
    await step();
    await step();
    expect(valuesOf([second, count])).toEqual([[10], [12]]);
    await step.dispose();
  });

  test('tells variables apart that share data, and freezes a clone', async () => {
    const a = tf.variable(tf.tensor1d([1]));
    const b = tf.variable(a);
    const frozen = a.clone();
    const step = jit(() => {
      a.assign(a.add(1));
      return tf.stack([a, b, frozen]);
    });
    expect(valuesOf([await step()])).toEqual([[2, 1, 1]]);
    expect(valuesOf([await step()])).toEqual([[3, 1, 1]]);
    b.assign(tf.tensor1d([5]));
    expect(valuesOf([await step()])).toEqual([[4, 5, 1]]);
    await step.dispose();
  });
});

test('the best weights come back whatever was cloned', async () => {
  const model = normModel();
  const clones: tf.Tensor[] = [];
  const clone: Callback = {
    name: 'clone',
    onEvaluate: (run) => void clones.push(...run.model.getWeights().map((weight) => tf.keep(weight.clone()))),
  };
  const stopping = earlyStopping({ metric: 'loss', better: 'larger', restoreBest: true });
  const options = training(model, { steps: 4, callbacks: [clone, stopping] });
  await train({ ...options, dev: options.data });
  const best = stopping.best!.step;
  const perStep = clones.length / 4;
  expect(valuesOf(model.getWeights())).toEqual(valuesOf(clones.slice((best - 1) * perStep, best * perStep)));
  tf.dispose(clones);
});

test('nothing is left behind', async () => {
  await expectNoLeak(async () => {
    const model = normModel();
    const clones: tf.Tensor[] = [];
    const keep: Callback = {
      name: 'keep',
      onStepEnd: (run) =>
        void clones.push(...run.model.getWeights().map((weight) => tf.keep(weight.clone()))),
    };
    await train(training(model, { callbacks: [keep] }));
    tf.dispose(clones);
    model.dispose();
  });
});
