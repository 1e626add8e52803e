import * as tf from '@tensorflow/tfjs';
import {
  adamW,
  cubicDecay,
  eagerEngine,
  earlyStopping,
  fit,
  type FitCallback,
  type FitOptions,
  magnitudePruner,
  pruning,
} from '../../../index';
import { UserError } from '../../../lib/core/errors';
import { expectNoLeak } from '../../leaks';
import { scopeEachTest } from '../../scope';
import { weightValues } from '../toys';

scopeEachTest();

type CompileArgs = Parameters<tf.LayersModel['compile']>[0];

/** y = w · x with w = 0 at first. */
function line(args: Partial<CompileArgs> = {}): tf.Sequential {
  const layer = tf.layers.dense({
    units: 1,
    inputShape: [1],
    useBias: false,
    kernelInitializer: 'zeros',
    name: 'line',
  });
  const model = tf.sequential({ layers: [layer] });
  model.compile({ optimizer: tf.train.sgd(0.25), loss: 'meanSquaredError', ...args });
  return model;
}

const xs = () => tf.tensor2d([[1], [1], [2]]);
const ys = () => tf.tensor1d([2, 2, 4]);
const run = (model: tf.LayersModel, options: FitOptions = {}) =>
  fit(model, xs(), ys(), { shuffle: false, engine: eagerEngine({ backend: 'cpu' }), ...options });

/** Which hooks were called, and with what. */
function recorder(): { readonly calls: string[]; readonly callback: tf.CustomCallbackArgs } {
  const calls: string[] = [];
  const note = (name: string) => (at?: unknown, logs?: unknown) =>
    void calls.push(
      [name, ...(typeof at === 'number' ? [at, Object.keys(Object(logs)).join()] : [])].join(' ').trim(),
    );
  return {
    calls,
    callback: {
      onTrainBegin: note('train'),
      onEpochBegin: note('epoch'),
      onBatchBegin: note('batch'),
      onBatchEnd: note('batch end'),
      onEpochEnd: note('epoch end'),
      onTrainEnd: note('train end'),
    },
  };
}

describe('history and callbacks', () => {
  it('is the mean over examples, the last smaller batch counting less', async () => {
    const { history, epoch } = await run(line(), { batchSize: 2 });
    // Batch [1, 1]: loss 4, gradient −4, w = 1. Batch [2]: loss (2 − 4)² = 4.
    expect([history, epoch]).toEqual([{ loss: [4] }, [0]]);
  });

  it('calls the hooks in the order of model.fit', async () => {
    const ours = recorder();
    const stock = recorder();
    const options = { batchSize: 2, epochs: 2, validationSplit: 0.3, shuffle: false };
    await run(line({ metrics: ['mae'] }), { ...options, callbacks: ours.callback });
    await line({ metrics: ['mae'] }).fit(xs(), ys(), { ...options, callbacks: stock.callback, verbose: 0 });
    expect(ours.calls).toEqual(stock.calls);
  });

  it('stops after the epoch where tf.callbacks.earlyStopping says so', async () => {
    const callbacks = tf.callbacks.earlyStopping({ monitor: 'loss', patience: 2 });
    const { epoch } = await run(line({ optimizer: tf.train.sgd(0) }), { epochs: 9, callbacks });
    const stock = await line({ optimizer: tf.train.sgd(0) }).fit(xs(), ys(), {
      epochs: 9,
      callbacks,
      verbose: 0,
    });
    expect(epoch).toEqual(stock.epoch);
    expect(epoch).toEqual([0, 1, 2]);
  });

  it('stops after the batch that sets stopTraining, with the logs until there, and begins anew the next time', async () => {
    const model = line();
    const onBatchEnd = (batch: number): void => void (model.stopTraining = batch === 1);
    const { history } = await run(model, { batchSize: 1, epochs: 5, callbacks: { onBatchEnd } });
    // Losses 4 and (1 − 2)² = 1.
    expect(history).toEqual({ loss: [2.5] });
    expect((await run(model, { epochs: 2 })).epoch).toEqual([0, 1]);
  });

  it('takes our callbacks beside those of tfjs, the evaluation of both', async () => {
    const stopping = earlyStopping({ metric: 'loss', better: 'smaller', patience: 1 });
    const schedule = cubicDecay({ finalSparsity: 0.5, beginStep: 0, endStep: 1 });
    const seen: string[] = [];
    const stock = {
      onEpochEnd: (epoch: number, logs?: tf.Logs) => void seen.push(`${epoch} ${Object.keys(logs!).join()}`),
    };
    const model = line({ optimizer: tf.train.sgd(0) });
    const callbacks: FitCallback[] = [stopping, stock];
    await run(model, { epochs: 5, validationData: [xs(), ys()], callbacks });
    expect(seen).toEqual(['0 val_loss,loss', '1 val_loss,loss']);
    const wide = tf.sequential({
      layers: [tf.layers.dense({ units: 4, inputShape: [1], useBias: false }), tf.layers.dense({ units: 1 })],
    });
    wide.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
    const pruner = magnitudePruner({ schedule });
    await fit(wide, xs(), ys(), { epochs: 2, callbacks: pruning({ pruner }) });
    expect(
      weightValues(wide)
        .slice(0, 4)
        .filter((weight) => weight === 0),
    ).toHaveLength(2);
  });

  it('yields: onYield is called where yieldEvery is short', async () => {
    let yields = 0;
    const callbacks = { onYield: () => void yields++ };
    await run(line(), { epochs: 3, batchSize: 1, callbacks, yieldEvery: 1e-9 as unknown as 'auto' });
    expect(yields).toBeGreaterThan(0);
    await expect(run(line(), { callbacks, yieldEvery: 'never' })).rejects.toThrow('onYield');
  });

  it('lets go of everything when a callback throws', async () => {
    const onBatchEnd = () => {
      throw new Error('mine');
    };
    const model = line();
    await expectNoLeak(async () => {
      const [x, y] = [xs(), ys()];
      const engine = eagerEngine({ backend: 'cpu' });
      await expect(fit(model, x, y, { callbacks: { onBatchEnd }, engine })).rejects.toThrow('mine');
      tf.dispose([x, y]);
    });
  });

  it('leaves no tensors behind, twice', async () => {
    const model = line({ optimizer: 'adam', metrics: ['mae'] });
    await expectNoLeak(async () => {
      const [x, y] = [xs(), ys()];
      await fit(model, x, y, { validationSplit: 0.4, batchSize: 1, epochs: 2 });
      tf.dispose([x, y]);
    });
  });
});

describe('the optimizer', () => {
  const optimizers: Readonly<Record<string, () => tf.Optimizer>> = {
    momentum: () => tf.train.momentum(0.01, 0.9),
    adam: () => tf.train.adam(0.1),
    rmsprop: () => tf.train.rmsprop(0.1, 0.8, 0.5, 1e-3),
    'rmsprop, centered': () => tf.train.rmsprop(0.1, 0.8, 0.5, 1e-3, true),
    adagrad: () => tf.train.adagrad(0.3, 0.5),
    sgd: () => tf.train.sgd(0.01),
  };

  it.each(Object.keys(optimizers))('%s: goes on after model.fit, and model.fit after it', async (name) => {
    const [ours, stock] = [
      line({ optimizer: optimizers[name]!() }),
      line({ optimizer: optimizers[name]!() }),
    ];
    const options = { epochs: 2, batchSize: 1, shuffle: false, verbose: 0 };
    await ours.fit(xs(), ys(), options);
    await run(ours, { epochs: 2, batchSize: 1 });
    await run(ours, { epochs: 2, batchSize: 1 });
    await ours.fit(xs(), ys(), options);
    await stock.fit(xs(), ys(), { ...options, epochs: 8 });
    const tolerance = name.endsWith('centered') ? 1e-2 : 1e-5; // tfjs has the sign of epsilon wrong
    expect(Math.abs(weightValues(ours)[0]! - weightValues(stock)[0]!)).toBeLessThan(tolerance);
    expect(ours.optimizer.iterations).toBe(24);
  });

  it('has the learning rate that callbacks set', async () => {
    const optimizer = tf.train.sgd(0);
    const onEpochBegin = (epoch: number) => optimizer.setLearningRate(epoch === 1 ? 0.25 : 0);
    const { history } = await fit(line({ optimizer }), tf.ones([1, 1]), tf.tensor1d([2]), {
      epochs: 3,
      callbacks: { onEpochBegin },
    });
    expect(history['loss']).toEqual([4, 4, 1]);
  });

  it.each(['adadelta', 'adamax'])('%s is refused', async (optimizer) => {
    await expect(run(line({ optimizer }))).rejects.toThrow(
      /Expected an optimizer of tf\.train\.sgd.* got Ada/,
    );
  });
});

describe('losses and models', () => {
  it('takes a loss of one’s own, compiled', async () => {
    const loss = (truth: tf.Tensor, predictions: tf.Tensor) => predictions.sub(truth).abs().sqrt().mean();
    const model = line({ loss: loss as unknown as string });
    const { history } = await fit(model, xs(), ys(), { shuffle: false });
    expect(history['loss']![0]).toBeCloseTo((2 * Math.SQRT2 + 2) / 3, 6);
  });

  it('takes classes of int32, which model.fit refuses', async () => {
    const model = tf.sequential({
      layers: [
        tf.layers.dense({ units: 2, inputShape: [1], kernelInitializer: 'zeros', activation: 'softmax' }),
      ],
    });
    model.compile({ optimizer: 'sgd', loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] });
    const classes = tf.tensor1d([1, 0, 1], 'int32');
    const { history } = await fit(model, xs(), classes, { shuffle: false });
    expect(history['loss']![0]).toBeCloseTo(Math.LN2, 6);
  });

  it('leaves a frozen layer as it is', async () => {
    const frozen = tf.layers.dense({ units: 2, inputShape: [1], name: 'frozen', trainable: false });
    const model = tf.sequential({ layers: [frozen, tf.layers.dense({ units: 1, name: 'free' })] });
    model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
    const before = weightValues(model);
    await run(model);
    expect(weightValues(model).slice(-4)).toEqual(before.slice(-4)); // tfjs lists what is not trained last
    expect(weightValues(model).slice(0, 3)).not.toEqual(before.slice(0, 3));
    frozen.trainable = false;
    model.layers.forEach((layer) => (layer.trainable = false));
    await expect(run(model)).rejects.toThrow('is every layer frozen?');
  });

  it('gives the same bits with the same seed, and another order with another', async () => {
    const train = async (seed: number) => {
      const model = line({ optimizer: 'adam' });
      await run(model, { shuffle: true, batchSize: 1, epochs: 3, seed });
      return weightValues(model);
    };
    expect(await train(1)).toEqual(await train(1));
    expect(await train(1)).not.toEqual(await train(2));
  });

  it('trains nothing in 0 epochs, and everything in one batch that is larger than the data', async () => {
    const model = line();
    expect((await run(model, { epochs: 0 })).history).toEqual({});
    expect(weightValues(model)).toEqual([0]);
    await run(model, { batchSize: 100 });
    expect(weightValues(model)).toEqual([2]); // mean gradient −8
  });
});

const uncompiled = () => tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [1] })] });
const NOT = 'Expected ';
const refusals: readonly [what: string, call: () => Promise<unknown>, message: string][] = [
  ['a model that is not compiled', () => run(uncompiled()), 'call model.compile({ optimizer, loss }) first'],
  ['two xs for one input', () => fit(line(), [xs(), xs()], ys()), '1 tensor(s) as xs, for line_input, got 2'],
  ['xs by another name', () => fit(line(), { x: xs() }, ys()), 'the names line_input, got x'],
  ['no tensor', () => fit(line(), [[1]] as never, ys()), 'got something else'],
  [
    'xs of another width',
    () => fit(line(), tf.ones([3, 2]), ys()),
    'xs of shape [examples, 1] for "line_input", got [3, 2]',
  ],
  [
    'ys of another rank',
    () => fit(line(), xs(), tf.ones([3, 1, 1])),
    'ys of shape [examples, 1] for "line", got [3, 1, 1]',
  ],
  [
    'lengths that differ',
    () => fit(line(), xs(), tf.ones([2, 1])),
    'same number of examples, at least 1, got 3, 2',
  ],
  ['no examples', () => fit(line(), tf.zeros([0, 1]), tf.zeros([0, 1])), 'at least 1, got 0, 0'],
  ...[0, -1, 2.5, NaN].map(
    (batchSize) =>
      [
        `batchSize ${batchSize}`,
        () => run(line(), { batchSize }),
        `batchSize of at least 1 example, got ${batchSize}`,
      ] as [string, () => Promise<unknown>, string],
  ),
  ...[1, -0.1, NaN].map(
    (validationSplit) =>
      [
        `validationSplit ${validationSplit}`,
        () => run(line(), { validationSplit }),
        `validationSplit in [0, 1), the share to evaluate on, got ${validationSplit}`,
      ] as [string, () => Promise<unknown>, string],
  ),
  [
    'a split that leaves nothing',
    () => run(line(), { validationSplit: 0.9 }),
    'got 0.9 of 3; make it smaller',
  ],
  [
    'both validations',
    () => run(line(), { validationSplit: 0.5, validationData: [xs(), ys()] }),
    'validationData or validationSplit, got both',
  ],
  [
    'validation data that does not fit',
    () => run(line(), { validationData: [xs(), tf.ones([3, 2])] }),
    'validation ys of shape',
  ],
  ['epochs 1.5', () => run(line(), { epochs: 1.5 }), 'epochs to be a whole number >= 0, received 1.5'],
  ['an unknown option', () => run(line(), { epoch: 3 } as never), 'got "epoch"; the nearest are epochs'],
];

test.each(refusals)('%s: one sentence', async (_, call, message) => {
  const error = await call().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(UserError);
  expect(String((error as Error).message)).toContain(message);
  expect(String((error as Error).message)).toContain(NOT);
});

test('split 0 evaluates on nothing; a split evaluates on the last examples, rounded as in tfjs', async () => {
  expect(Object.keys((await run(line(), { validationSplit: 0 })).history)).toEqual(['loss']);
  const { history } = await run(line({ optimizer: tf.train.sgd(0) }), { validationSplit: 0.1 });
  expect(history).toEqual({ val_loss: [16], loss: [4] }); // floor(3 · 0.9) = 2 are trained on
});

test('optimizers of ours are not of tfjs', async () => {
  expect(() => line({ optimizer: adamW() as never })).toThrow();
});
