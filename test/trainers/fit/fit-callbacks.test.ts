import * as tf from '@tensorflow/tfjs';
import {
  type Callback,
  convert,
  cubicDecay,
  earlyStopping,
  fit,
  fitCallbacks,
  lsq,
  magnitudePruner,
  masksOf,
  oneShot,
  prepare,
  pruner,
  pruning,
  quantization,
  rewiring,
  rigl,
  staticInt8,
  taylor,
  type Training,
} from '../../../index';
import { expectNoLeak } from '../../leaks';
import { scopeEachTest } from '../../scope';
import { drawWeights } from './stock-models';

scopeEachTest();

const N = 26;
const xs = () => tf.randomNormal([N, 4], 0, 1, 'float32', 1);
const ys = () => tf.tidy(() => xs().sum(1, true).tanh());
const OPTIONS = { epochs: 4, batchSize: 8, shuffle: false }; // 16 steps

function model(optimizer: string | tf.Optimizer = 'adam'): tf.LayersModel {
  const layers = [
    tf.layers.dense({ units: 12, inputShape: [4], activation: 'relu', name: 'first' }),
    tf.layers.dense({ units: 6, activation: 'relu', name: 'second' }),
    tf.layers.dense({ units: 1, name: 'end' }),
  ];
  const made = tf.sequential({ layers });
  made.compile({ optimizer, loss: 'meanSquaredError' });
  return made;
}

/** Trained by ours and by tfjs's, from the same weights. */
async function both(make: () => tf.LayersModel, callbacksOf: (model: tf.LayersModel) => Callback[]) {
  const [ours, stock] = [make(), make()];
  drawWeights(stock, ours);
  await fit(ours, xs(), ys(), { ...OPTIONS, callbacks: callbacksOf(ours) });
  await stock.fit(xs(), ys(), { ...OPTIONS, verbose: 0, callbacks: fitCallbacks(callbacksOf(stock)) });
  return [ours, stock] as const;
}

const values = (subject: tf.LayersModel) => subject.getWeights().map((weight) => [...weight.dataSync()]);

function expectSameWeights(ours: tf.LayersModel, stock: tf.LayersModel): void {
  const expected = values(stock);
  values(ours).forEach((weights, i) =>
    weights.forEach((weight, j) => expect(Math.abs(weight - expected[i]![j]!)).toBeLessThan(1e-4)),
  );
}

const schedule = () => cubicDecay({ finalSparsity: 0.6, beginStep: 2, endStep: 12, frequency: 2 });
const magnitudes = () => pruning({ pruner: magnitudePruner({ schedule: schedule() }) });
const optimizers: Readonly<Record<string, () => tf.Optimizer>> = {
  adam: () => tf.train.adam(0.01),
  momentum: () => tf.train.momentum(0.01, 0.9),
  adagrad: () => tf.train.adagrad(0.05),
};

it.each(Object.keys(optimizers))(
  'pruning by %s ends with the masks of fit, zeros exactly 0',
  async (name) => {
    const [ours, stock] = await both(
      () => model(optimizers[name]!()),
      () => [magnitudes()],
    );
    expect(masksOf(stock)).toEqual(masksOf(ours));
    const zeros = (subject: tf.LayersModel) =>
      values(subject).map((weights) => weights.filter((w) => w === 0).length);
    expect(zeros(stock)).toEqual(zeros(ours));
    expect(zeros(stock)[0]! + zeros(stock)[2]!).toBe(Math.round(0.6 * (48 + 72)));
    expectSameWeights(ours, stock);
  },
);

it('weights that come back begin at 0, and the optimizer has forgotten them', async () => {
  const comeAndGo: Callback = {
    name: 'come-and-go',
    onStepEnd({ step, parameters }) {
      if (step === 6) parameters.setMask('first/kernel', new Uint8Array(48).fill(1, 24));
      if (step === 10) parameters.setMask('first/kernel', undefined);
    },
  };
  const make = () => model(tf.train.momentum(0.02, 0.95));
  const [ours, stock] = await both(make, () => [comeAndGo]);
  expect(values(stock)[0]).not.toContain(0);
  expectSameWeights(ours, stock);
});

it('quantization ends with the codes of fit', async () => {
  const prepared = new Map<tf.LayersModel, ReturnType<typeof prepare>>();
  const [ours, stock] = await both(
    () => model(tf.train.sgd(0.05)),
    (subject) => {
      prepared.set(subject, prepare(subject, staticInt8()));
      return [quantization({ prepared: prepared.get(subject)!, beginStep: 2, freezeObserversAt: 12 })];
    },
  );
  const codes = (subject: tf.LayersModel) =>
    [...convert(prepared.get(subject)!).weights].map(([, weight]) => weight);
  const [a, b] = [codes(ours), codes(stock)];
  expect(a.length).toBeGreaterThan(1);
  a.forEach((weight, i) =>
    expect((b[i] as { codes?: unknown }).codes).toEqual((weight as { codes?: unknown }).codes),
  );
});

it('takes the steps, epochs and evaluations of model.fit, beside tfjs’s callbacks, and stops it', async () => {
  const seen: string[] = [];
  const note = (name: string) => (training: Training) =>
    void seen.push(
      `${name} ${training.epoch}.${training.step}/${training.totalSteps} ${Number.isFinite(training.loss)}`,
    );
  const spy: Callback = {
    name: 'spy',
    onTrainBegin: note('begin'),
    onStepEnd: note('step'),
    onEvaluate: ({ step }, { metrics }) => void seen.push(`evaluated ${step} ${Object.keys(metrics).join()}`),
    onTrainEnd: note('end'),
  };
  const stopping = earlyStopping({ metric: 'loss', better: 'smaller', patience: 1 });
  const subject = model(tf.train.sgd(0));
  const { epoch } = await subject.fit(xs(), ys(), {
    ...{ epochs: 9, batchSize: 13, verbose: 0 },
    validationData: [xs(), ys()],
    callbacks: [fitCallbacks([spy, stopping]), tf.callbacks.earlyStopping({ monitor: 'loss', patience: 5 })],
  });
  expect(epoch).toEqual([0, 1]);
  expect(seen).toEqual([
    'begin 0.0/18 false',
    'step 0.1/18 true',
    'step 0.2/18 true',
    'evaluated 2 loss',
    'step 1.3/18 true',
    'step 1.4/18 true',
    'evaluated 4 loss',
    'end 1.4/18 true',
  ]);
});

it('leaves no tensors behind, and can be used twice', async () => {
  const subject = model();
  const ours = fitCallbacks([{ name: 'nothing' }]);
  await expectNoLeak(async () => {
    const [x, y] = [xs(), ys()];
    await subject.fit(x, y, { ...OPTIONS, verbose: 0, callbacks: ours });
    tf.dispose([x, y]);
  });
});

it('can be disposed where model.fit failed', async () => {
  const failing: Callback = {
    name: 'failing',
    onStepEnd() {
      throw new Error('mine');
    },
  };
  const ours = fitCallbacks(failing);
  const subject = model();
  await expect(subject.fit(xs(), ys(), { ...OPTIONS, verbose: 0, callbacks: ours })).rejects.toThrow('mine');
  const before = values(subject);
  ours.dispose();
  ours.dispose();
  expect(values(subject)).toEqual(before);
});

const sparse = () => magnitudePruner({ schedule: oneShot({ finalSparsity: 0.5 }) });
const unknownSize = () =>
  tf.data.generator(function* () {
    yield { xs: tf.ones([2, 4]), ys: tf.ones([2, 1]) };
  } as never);
it.each<[string, () => unknown, string]>([
  [
    'a saliency of gradients',
    () => stocked([pruning({ pruner: pruner({ schedule: schedule(), saliency: taylor }) })]),
    'model.fit shows none',
  ],
  [
    'zeros that move by gradients',
    () => stocked([pruning({ pruner: sparse() }), rewiring(rigl({ every: 2 }))]),
    'model.fit shows none',
  ],
  [
    'a step size that is learned',
    () => {
      const subject = model();
      prepare(subject, lsq());
      return subject.fit(xs(), ys(), { ...OPTIONS, verbose: 0, callbacks: fitCallbacks({ name: 'a' }) });
    },
    'which it does not know; use fit',
  ],
  ['two of one name', () => fitCallbacks([{ name: 'a' }, { name: 'a' }]), 'Two callbacks are named "a"'],
  [
    'a dataset of unknown size',
    () =>
      model().fitDataset(unknownSize(), {
        epochs: 1,
        verbose: 0,
        callbacks: fitCallbacks({ name: 'a' }) as never,
      }),
    'give model.fitDataset its batchesPerEpoch',
  ],
])('%s is refused in one sentence', async (_, call, message) => {
  await expect((async () => call())()).rejects.toThrow(message);
});

const stocked = (callbacks: Callback[]) =>
  model().fit(xs(), ys(), { ...OPTIONS, verbose: 0, callbacks: fitCallbacks(callbacks) });
