import * as tf from '@tensorflow/tfjs';
import { eagerEngine, fit, fromTensors, type Loss, train } from '../../../index';
import { UserError } from '../../../lib/core/errors';
import { expectNoLeak } from '../../leaks';
import { scopeEachTest } from '../../scope';
import { slopeTraining, weightValues } from '../toys';
import { drawWeights } from './stock-models';

scopeEachTest();

const N = 20;
const normal = (shape: number[], seed: number) => tf.randomNormal(shape, 0, 1, 'float32', seed);
const xs = () => normal([N, 3], 1);
const number = () => normal([N, 1], 2);
const classes = () => tf.tidy(() => tf.randomUniform([N, 1], 0, 3, 'float32', 3).floor());

/** A number and one of three classes. */
function twoOutputs(): tf.LayersModel {
  const input = tf.input({ shape: [3] });
  const hidden = tf.layers.dense({ units: 4, activation: 'tanh' }).apply(input);
  const outputs = [
    tf.layers.dense({ units: 1, name: 'number' }).apply(hidden),
    tf.layers.dense({ units: 3, activation: 'softmax', name: 'class' }).apply(hidden),
  ] as tf.SymbolicTensor[];
  const model = tf.model({ inputs: input, outputs });
  model.compile({
    optimizer: 'adam',
    loss: { number: 'meanSquaredError', class: 'sparseCategoricalCrossentropy' },
    metrics: { class: 'accuracy' },
  });
  return model;
}

/** Cross entropy of two classes, one sigmoid unit. */
function binary(): tf.LayersModel {
  const model = tf.sequential({
    layers: [tf.layers.dense({ units: 1, activation: 'sigmoid', inputShape: [3] })],
  });
  model.compile({ optimizer: tf.train.sgd(0.1), loss: 'binaryCrossentropy' });
  return model;
}

type Logs = Record<string, number>;

/** The logs of all steps. */
async function steps(train: (callbacks: tf.CustomCallbackArgs) => Promise<unknown>): Promise<Logs[]> {
  const logs: Logs[] = [];
  await train({ onBatchEnd: (_, step) => void logs.push({ ...(step as Logs) }) });
  return logs;
}

function expectClose(ours: readonly Logs[], stock: readonly Logs[]): void {
  expect(ours.map(Object.keys)).toEqual(stock.map(Object.keys));
  for (const [i, logs] of stock.entries()) {
    for (const [name, value] of Object.entries(logs)) {
      expect([i, name, Math.abs(value - ours[i]![name]!) < 1e-5]).toEqual([i, name, true]);
    }
  }
}

const OPTIONS = { epochs: 5, batchSize: 6, shuffle: false };
const both = (make: () => tf.LayersModel) => {
  const [ours, stock] = [make(), make()];
  drawWeights(stock, ours);
  return [ours, stock] as const;
};

describe('two outputs', () => {
  it('train as in model.fit, step by step, by lists and by names', async () => {
    const [ours, stock] = both(twoOutputs);
    const ys = { class: classes(), number: number() };
    const told = await steps((callbacks) => fit(ours, [xs()], ys, { ...OPTIONS, callbacks }));
    const expected = await steps((callbacks) =>
      stock.fit(xs(), [ys.number, ys.class], { ...OPTIONS, callbacks, verbose: 0 }),
    );
    expect(told).toHaveLength(20);
    expectClose(told, expected);
    expect(Object.keys(told[0]!)).toEqual([
      'batch',
      'size',
      'loss',
      'number_loss',
      'class_loss',
      'class_acc',
    ]);
  });

  it('are evaluated by the sum that is trained, each under its own name', async () => {
    const model = twoOutputs();
    const validationData = [xs(), [number(), classes()]] as const;
    const { history } = await fit(model, ...validationData, { validationData });
    const last = (name: string) => history[name]!.at(-1) as number;
    const [mse, entropy] = tf.tidy(() => {
      const [predicted, shares] = model.predict(xs()) as tf.Tensor[];
      const rows = classes().flatten().toInt() as tf.Tensor1D;
      return [
        predicted!.sub(number()).square().mean(),
        tf.oneHot(rows, 3).mul(shares!.log()).sum(-1).mean().neg(),
      ].map((x) => x.dataSync()[0]!);
    });
    expect(last('val_number_loss')).toBeCloseTo(mse!, 5);
    expect(last('val_class_loss')).toBeCloseTo(entropy!, 5);
    expect(last('val_loss')).toBeCloseTo(mse! + entropy!, 5);
    expect(Object.keys(history)).toContain('val_class_acc');
  });

  it.each([[[2, 0.5]], [{ number: 2, class: 0.5 }]])('count by lossWeights %j', async (lossWeights) => {
    const [first] = await steps((callbacks) =>
      fit(twoOutputs(), xs(), [number(), classes()], { ...OPTIONS, lossWeights, callbacks }),
    );
    expect(first!['loss']).toBeCloseTo(2 * first!['number_loss']! + 0.5 * first!['class_loss']!, 5);
  });

  it('train nothing of an output that counts 0, on the eager engine too, and leave no tensors', async () => {
    const model = twoOutputs();
    const values = () =>
      model
        .getLayer('number')
        .getWeights()
        .flatMap((weight) => [...weight.dataSync()]);
    const before = values();
    const lossWeights = { number: 0 };
    const engine = eagerEngine({ backend: 'cpu' });
    await fit(model, xs(), [number(), classes()], { lossWeights, engine });
    expect(values()).toEqual(before);
    await expectNoLeak(async () => {
      const tensors = [xs(), number(), classes()] as const;
      await fit(model, tensors[0], [tensors[1], tensors[2]], { validationSplit: 0.3 });
      tf.dispose([...tensors]);
    });
  });

  it('are refused by train with a loss of one, taken with a loss of several', async () => {
    const data = fromTensors(xs(), [number(), classes()], { batchSize: 20 });
    const model = twoOutputs();
    const one: Loss = (predictions) => predictions.mean() as tf.Scalar;
    await expect(train({ ...slopeTraining(model), data, loss: one, epochs: 1 })).rejects.toThrow(
      'model of one output',
    );
    const ofSeveral: Loss['ofSeveral'] = ([a, b], [x, y]) =>
      tf.addN([a!, b!, x!, y!].map((tensor) => tensor.mean())) as tf.Scalar;
    const { losses } = await train({
      ...slopeTraining(model),
      ...{ data, loss: Object.assign(one, { ofSeveral }), epochs: 1 },
    });
    expect(Number.isFinite(losses[0])).toBe(true);
  });
});

describe('weights', () => {
  const labels = () => tf.tidy(() => classes().greater(0).toFloat());

  it('of classes count as in model.fit', async () => {
    const [ours, stock] = both(binary);
    const options = { ...OPTIONS, classWeight: { 0: 3, 1: 0.25 } };
    expectClose(
      await steps((callbacks) => fit(ours, xs(), labels(), { ...options, callbacks })),
      await steps((callbacks) => stock.fit(xs(), labels(), { ...options, callbacks, verbose: 0 })),
    );
  });

  it('of classes in a place count as in model.fit, for one output of two, too', async () => {
    const make = () => {
      const model = tf.sequential({
        layers: [tf.layers.dense({ units: 3, activation: 'softmax', inputShape: [3] })],
      });
      model.compile({ optimizer: 'adam', loss: 'categoricalCrossentropy' });
      return model;
    };
    const [ours, stock] = both(make);
    const places = () => tf.oneHot(classes().flatten().toInt() as tf.Tensor1D, 3);
    const options = { ...OPTIONS, classWeight: { 0: 3, 1: 0.25, 2: 1 } };
    expectClose(
      await steps((callbacks) => fit(ours, xs(), places(), { ...options, callbacks })),
      await steps((callbacks) => stock.fit(xs(), places(), { ...options, callbacks, verbose: 0 })),
    );
    const [two, other] = both(twoOutputs);
    const ofTwo = { ...OPTIONS, epochs: 1, classWeight: { class: { 0: 3, 1: 0.25, 2: 1 } } };
    const [told] = await steps((callbacks) => fit(two, xs(), [number(), classes()], { ...ofTwo, callbacks }));
    const [plain] = await steps((callbacks) =>
      fit(other, xs(), [number(), classes()], { ...OPTIONS, epochs: 1, callbacks }),
    );
    expect(told!['number_loss']).toBe(plain!['number_loss']);
    expect(told!['class_loss']).not.toBeCloseTo(plain!['class_loss']!, 2);
  });

  it('of examples: a weight of 2 is the example twice, one of 0 no example', async () => {
    const [weighted, plain] = both(binary);
    const [x, y] = [xs(), labels()];
    const rows = [0, 0, 2, 3];
    await fit(weighted, x.slice([0, 0], [4, 3]), y.slice([0, 0], [4, 1]), {
      sampleWeight: tf.tensor1d([2, 0, 1, 1]),
      shuffle: false,
    });
    await fit(plain, x.gather(rows), y.gather(rows), { shuffle: false });
    const expected = weightValues(plain);
    weightValues(weighted).forEach((weight, i) => expect(weight).toBeCloseTo(expected[i]!, 6));
  });

  it('of examples go with them into a split; what is evaluated is not weighted', async () => {
    const model = binary();
    model.compile({ optimizer: tf.train.sgd(0), loss: 'binaryCrossentropy' });
    const sampleWeight = tf.zeros([N]);
    const { history } = await fit(model, xs(), labels(), { validationSplit: 0.5, sampleWeight });
    expect(history['loss']).toEqual([0]);
    expect(history['val_loss']![0]).toBeGreaterThan(0.1);
  });

  const refused: readonly [string, () => Promise<unknown>, string][] = [
    [
      'a class without a weight',
      () => fit(binary(), xs(), labels(), { classWeight: { 0: 1 } }),
      'got none for class 1 of row',
    ],
    [
      'a negative weight',
      () => fit(binary(), xs(), labels(), { sampleWeight: tf.fill([N], -1) }),
      'got -1 in row 0',
    ],
    [
      'weights of fewer examples',
      () => fit(binary(), xs(), labels(), { sampleWeight: tf.ones([3]) }),
      'each of 20 examples, got 3',
    ],
    [
      'weights of no output',
      () => fit(twoOutputs(), xs(), [number(), classes()], { lossWeights: { x: 1 } }),
      'names of number, class, got x',
    ],
    [
      'a list of another length',
      () => fit(twoOutputs(), xs(), [number(), classes()], { lossWeights: [1] }),
      'of 2 outputs (number, class), got 1',
    ],
    [
      'NaN',
      () => fit(twoOutputs(), xs(), [number(), classes()], { lossWeights: [1, NaN] }),
      'finite numbers as lossWeights, got NaN',
    ],
    [
      'one label of two',
      () => fit(twoOutputs(), xs(), number()),
      '2 tensor(s) as ys, for number, class, got 1',
    ],
  ];
  it.each(refused)('%s: refused in one sentence', async (_, call, message) => {
    await expect(call()).rejects.toThrow(UserError);
    await expect(call()).rejects.toThrow(message);
  });

  it('of a loss that is one number are refused', async () => {
    const model = binary();
    model.compile({ optimizer: 'sgd', loss: tf.losses.huberLoss as unknown as string });
    const call = fit(model, xs(), labels(), { sampleWeight: tf.ones([N]) });
    await expect(call).rejects.toThrow('let it return a tensor [examples]');
  });
});

describe('a dataset', () => {
  const labels = () => classes().greater(0).toFloat();
  const dataset = () =>
    tf.data.zip({ xs: tf.data.array(rowsOf(xs())), ys: tf.data.array(rowsOf(labels())) }).batch(6) as never;
  const rowsOf = (tensor: tf.Tensor) => tensor.arraySync() as number[][];
  const withoutSize = (batches: number) =>
    tf.data.generator(function* () {
      for (let i = 0; i < batches; i++) yield { xs: tf.fill([2, 3], i + 1), ys: tf.ones([2, 1]) };
    } as never) as never;

  it('trains as in model.fitDataset, weights of classes included', async () => {
    const [ours, stock] = both(binary);
    const options = { epochs: 3, classWeight: { 0: 2, 1: 1 } };
    expectClose(
      await steps((callbacks) => fit(ours, dataset(), { ...options, callbacks })),
      await steps((callbacks) => stock.fitDataset(dataset(), { ...options, callbacks, verbose: 0 })),
    );
  });

  it('evaluates on a dataset, or on tensors', async () => {
    const [one, other] = both(binary);
    const a = await fit(one, dataset(), { validationData: dataset() });
    const b = await fit(other, dataset(), { validationData: [xs(), labels()] });
    expect(a.history).toEqual(b.history);
    expect(Object.keys(a.history)).toEqual(['val_loss', 'loss']);
  });

  it('without a known size is counted; with batchesPerEpoch an epoch goes on where the last one ended', async () => {
    const told = async (options: object) =>
      (await steps((callbacks) => fit(binary(), withoutSize(4), { ...options, callbacks }))).map(
        ({ batch }) => batch,
      );
    expect(await told({ epochs: 2 })).toEqual([0, 1, 2, 3, 0, 1, 2, 3]);
    expect(await told({ epochs: 2, batchesPerEpoch: 2 })).toEqual([0, 1, 0, 1]);
    await expect(told({ epochs: 3, batchesPerEpoch: 2 })).rejects.toThrow('gave fewer in epoch 2');
  });

  it('leaves no tensors behind', async () => {
    const model = binary();
    await expectNoLeak(async () => void (await fit(model, withoutSize(3), { epochs: 2 })));
  });

  it.each<[string, () => Promise<unknown>, string]>([
    ['without batches', () => fit(binary(), withoutSize(0)), 'at least one batch'],
    [
      'without an end',
      () => fit(binary(), tf.data.array([1]).repeat() as never),
      'an end or batchesPerEpoch',
    ],
    [
      'of something else',
      () => fit(binary(), tf.data.array([{ a: 1 }]) as never),
      'dataset of { xs, ys }, got a in batch 0',
    ],
    [
      'of examples, not batches',
      () => fit(binary(), tf.data.array([{ xs: tf.ones([3]), ys: tf.ones([1]) }]) as never),
      'batch 0 of epoch 0 xs of shape',
    ],
    [
      'with a batchSize',
      () => fit(binary(), dataset(), { batchSize: 3 } as never),
      'fit with a dataset, got "batchSize"',
    ],
    ['with batchesPerEpoch 0', () => fit(binary(), dataset(), { batchesPerEpoch: 0 }), 'got 0'],
  ])('%s is refused in one sentence', async (_, call, message) => {
    await expect(call()).rejects.toThrow(message);
  });
});
