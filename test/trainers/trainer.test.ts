import * as tf from '@tensorflow/tfjs';
import { fromTensors } from '../../datasets/batch';
import { UserError } from '../../lib/core/errors';
import type { Callback, LogValue } from '../../trainers/callback';
import { Interrupted } from '../../trainers/interrupted';
import { meanSquaredError } from '../../trainers/losses';
import { adamW, sgd } from '../../trainers/optimizer';
import { parametersOf } from '../../trainers/parameters';
import { train } from '../../trainers/trainer';
import { expectNoLeak } from '../leaks';
import { fourRows, interruptAt, slopeModel, slopeTraining, weightValues } from './toys';

let model: tf.Sequential;
beforeEach(async () => {
  await tf.setBackend('cpu');
  model = slopeModel();
});
afterEach(() => model.dispose());

describe('counting', () => {
  it('does nothing in zero steps', async () => {
    const result = await train(slopeTraining(model, { steps: 0 }));
    expect(result).toEqual({ step: 0, losses: [], evaluations: [], stopped: undefined });
    expect(weightValues(model)).toEqual([0, 0]);
  });

  it('takes two steps', async () => {
    await train(slopeTraining(model, { steps: 2 }));
    expect(weightValues(model)).toEqual([-1, -2]);
  });

  it('trains one epoch', async () => {
    const { step, losses } = await train(slopeTraining(model, { epochs: 1 }));
    expect([step, losses]).toEqual([4, [0, 0, -3, -8]]);
    expect(weightValues(model)).toEqual([-4, -6]);
  });

  it('goes on into the next epoch', async () => {
    await train(slopeTraining(model, { steps: 5 }));
    expect(weightValues(model)).toEqual([-5, -6]);
  });

  it('starts late: data and learning rate as if the steps before had been done', async () => {
    const rates: number[] = [];
    const learningRate = (step: number) => (rates.push(step), 1);
    await train(slopeTraining(model, { startStep: 2, epochs: 1, learningRate }));
    expect(weightValues(model)).toEqual([-3, -4]);
    expect(rates).toEqual([2, 3]);
  });

  it('starts every training with fresh moments, whatever the parameters had', async () => {
    const optimizer = adamW({ weightDecay: 0 });
    const parameters = parametersOf(model, { slots: optimizer.slots });
    const start = parameters.snapshot();
    const run = async (startStep: number) => {
      parameters.restore(start);
      await train(slopeTraining(model, { optimizer, parameters, startStep, steps: startStep + 4 }));
      return weightValues(model);
    };
    const first = await run(0);
    expect(await run(4)).toEqual(first);
    parameters.dispose();
  });
});

describe('accumulation', () => {
  it.each([
    { batchSize: 1, accumulation: 4 },
    { batchSize: 2, accumulation: 2 },
    { batchSize: 4, accumulation: 1 },
    { batchSize: 3, accumulation: 2 }, // 3 rows and 1 row: every row counts the same
    { batchSize: 1, accumulation: 9 }, // the epoch's last step takes what is left
  ])('$accumulation batches of $batchSize are one batch of four', async ({ batchSize, accumulation }) => {
    const { losses } = await train(
      slopeTraining(model, { data: fourRows(batchSize), accumulation, epochs: 2 }),
    );
    expect(weightValues(model)).toEqual([-2, -3]);
    expect(losses[0]).toBe(0);
    expect(losses[1]).toBeCloseTo(-3.25, 6); // mean of rows · (-1, -1.5): (-1 - 3 - 3 - 6) / 4
  });

  it('clips by the norm of the mean', async () => {
    const { losses } = await train(
      slopeTraining(model, {
        data: fourRows(1),
        accumulation: 4,
        epochs: 1,
        clipNorm: Math.hypot(1, 1.5) / 2,
      }),
    );
    expect(losses).toEqual([0]);
    const [a, b] = weightValues(model) as [number, number];
    expect(a).toBeCloseTo(-0.5, 5);
    expect(b).toBeCloseTo(-0.75, 5);
  });
});

describe('order', () => {
  it('calls hooks, evaluates and logs in the order of the contract', async () => {
    const calls: string[] = [];
    const spy = (name: string): Callback => ({
      name,
      onTrainBegin: ({ step }) => void calls.push(`${name} train begin ${step}`),
      onEpochBegin: ({ step, epoch }) => void calls.push(`${name} epoch ${epoch} begin ${step}`),
      onStepBegin: ({ step, learningRate }) =>
        void calls.push(`${name} step begin ${step} rate ${learningRate}`),
      onGradients: ({ step }) => void calls.push(`${name} gradients ${step}`),
      onStepEnd: ({ step }) => void calls.push(`${name} step end ${step}`),
      onEvaluate: ({ step }, { metrics }) =>
        void calls.push(`${name} evaluate ${step} loss ${metrics['loss']}`),
      onLog: ({ step }, entries) => void calls.push(`${name} log ${step} ${entries.map(({ tag }) => tag)}`),
      onTrainEnd: ({ step }) => void calls.push(`${name} train end ${step}`),
      dispose: () => void calls.push(`${name} dispose`),
    });
    const data = fourRows(4);
    await train(
      slopeTraining(model, { data, dev: data, steps: 2, evaluateEvery: 2, callbacks: [spy('a'), spy('b')] }),
    );
    const both = (call: string) => [`a ${call}`, `b ${call}`];
    expect(calls).toEqual(
      [
        'train begin 0',
        'epoch 0 begin 0',
        'step begin 0 rate 1',
        'gradients 0',
        'step end 1',
        'log 1 train/loss,train/learning-rate',
        'epoch 1 begin 1',
        'step begin 1 rate 1',
        'gradients 1',
        'step end 2',
        'evaluate 2 loss -6.5',
        'log 2 train/loss,train/learning-rate,dev/loss',
        'train end 2',
        'dispose',
      ].flatMap(both),
    );
  });

  it('waits for a hook that takes time', async () => {
    const calls: string[] = [];
    const slow: Callback = {
      name: 'slow',
      async onStepBegin() {
        await new Promise((resolve) => setTimeout(resolve, 5));
        calls.push('slow');
      },
    };
    const quick: Callback = { name: 'quick', onStepBegin: () => void calls.push('quick') };
    await train(slopeTraining(model, { steps: 2, callbacks: [slow, quick] }));
    expect(calls).toEqual(['slow', 'quick', 'slow', 'quick']);
  });

  it('gives onGradients old weights and full gradients, onStepEnd new weights that the mask has been applied to', async () => {
    const seen: number[][] = [];
    const parameters = parametersOf(model, { slots: sgd().slots });
    parameters.setMask('slope/kernel', Uint8Array.of(1, 0));
    const [{ weights, gradient }] = parameters.list as [(typeof parameters.list)[0]];
    const spy: Callback = {
      name: 'spy',
      onGradients: () => void seen.push([...gradient], [...weights]),
      onStepEnd: () => void seen.push([...weights]),
    };
    await train(slopeTraining(model, { data: fourRows(4), epochs: 1, parameters, callbacks: [spy] }));
    expect(seen).toEqual([
      [1, 1.5],
      [0, 0],
      [-1, 0],
    ]);
    parameters.dispose();
  });

  it('applies a mask set in onStepEnd at once, to weights and moments', async () => {
    const parameters = parametersOf(model, { slots: sgd().slots });
    const prune: Callback = {
      name: 'prune',
      onStepEnd: ({ step, parameters }) => {
        if (step === 2) parameters.setMask('slope/kernel', Uint8Array.of(0, 1));
      },
    };
    const optimizer = sgd({ momentum: 0.5 });
    await train(slopeTraining(model, { optimizer, parameters, steps: 2, callbacks: [prune] }));
    // velocity: (1, 0), then (0.5, 2)
    expect(weightValues(model)).toEqual([0, -2]);
    expect([...(parameters.list[0]?.slots['velocity'] ?? [])]).toEqual([0, 2]);
    parameters.dispose();
  });
});

it('logs loss and learning rate of every step', async () => {
  const logs: [number, string, LogValue][] = [];
  const spy: Callback = {
    name: 'spy',
    onLog: ({ step }, entries) => entries.forEach(({ tag, value }) => logs.push([step, tag, value])),
  };
  await train(slopeTraining(model, { steps: 2, learningRate: (step) => 1 / (1 + step), callbacks: [spy] }));
  expect(logs).toEqual([
    [1, 'train/loss', 0],
    [1, 'train/learning-rate', 1],
    [2, 'train/loss', 0],
    [2, 'train/learning-rate', 0.5],
  ]);
});

it('evaluates once per epoch and at the end, by default', async () => {
  const { evaluations } = await train(slopeTraining(model, { dev: fourRows(3), steps: 6 }));
  expect(evaluations.map(({ step }) => step)).toEqual([4, 6]);
});

it('stops when a callback says so, and tells why', async () => {
  const stopper: Callback = { name: 'stopper', onStepEnd: (training) => training.stop('enough') };
  const result = await train(slopeTraining(model, { steps: 3, dev: fourRows(), callbacks: [stopper] }));
  expect([result.step, result.stopped]).toEqual([1, 'enough']);
  expect(result.evaluations.map(({ step }) => step)).toEqual([1]); // the step is the last one
});

describe('failure', () => {
  it('throws Interrupted after the step, without onTrainEnd', async () => {
    const ended = jest.fn();
    const disposed = jest.fn();
    const spy: Callback = { name: 'spy', onTrainEnd: ended, dispose: disposed };
    const run = train(slopeTraining(model, { steps: 3, callbacks: [interruptAt(1), spy] }));
    await expect(run).rejects.toThrow(Interrupted);
    await expect(run).rejects.toThrow('Stopped by the test after step 1 of 3; nothing was saved');
    expect([ended.mock.calls.length, disposed.mock.calls.length]).toEqual([0, 1]);
    expect(weightValues(model)).toEqual([-1, 0]);
  });

  it('refuses to go on after a NaN loss, with the weights of the step before', async () => {
    const xs = tf.tensor2d([
      [1, 0],
      [NaN, 0],
    ]);
    const data = fromTensors(xs, tf.zeros([2]), { batchSize: 1, shuffle: false });
    const run = train(slopeTraining(model, { data, epochs: 1 }));
    await expect(run).rejects.toThrow(UserError);
    await expect(run).rejects.toThrow(
      'The loss is NaN at step 2 of 2 (learning rate 1): try a smaller learning rate',
    );
    expect(weightValues(model)).toEqual([-1, 0]);
  });

  it('refuses a gradient that is not finite where the loss still is', async () => {
    const loss = (predictions: tf.Tensor) => predictions.sqrt().mean() as tf.Scalar; // 0, with slope infinity
    const run = train(slopeTraining(model, { loss, steps: 1 }));
    await expect(run).rejects.toThrow('The gradient of "slope/kernel" is not finite at step 1');
    expect(weightValues(model)).toEqual([0, 0]);
  });

  it('says so when the data has fewer batches than it promised', async () => {
    const data = { ...fourRows(), batchesPerEpoch: 5 };
    await expect(train(slopeTraining(model, { data, epochs: 1 }))).rejects.toThrow(
      'promised 5 batches per epoch',
    );
  });

  it.each([
    [{}, 'Give either steps or epochs'],
    [{ steps: 1, epochs: 1 }, 'Give either steps or epochs'],
    [{ steps: -1 }, 'Expected steps to be a whole number >= 0, received -1'],
    [{ steps: 1, accumulation: 0 }, 'Expected accumulation to be a whole number >= 1'],
    [{ steps: 1, evaluateEvery: 0.5 }, 'Expected evaluateEvery to be a whole number >= 1, received 0.5'],
    [{ steps: 1, callbacks: [{ name: 'x' }, { name: 'x' }] }, 'Two callbacks are named "x"'],
  ])('refuses %o', async (options, message) => {
    const run = train(slopeTraining(model, options));
    await expect(run).rejects.toThrow(UserError);
    await expect(run).rejects.toThrow(message);
  });
});

describe('models', () => {
  it('adds the penalties of regularizers', async () => {
    const regularized = tf.sequential({
      layers: [
        tf.layers.dense({
          units: 1,
          inputShape: [1],
          useBias: false,
          kernelInitializer: 'ones',
          kernelRegularizer: tf.regularizers.l2({ l2: 0.25 }),
          name: 'penalised',
        }),
      ],
    });
    const data = fromTensors(tf.tensor2d([[1]]), tf.tensor1d([1]), { batchSize: 1 });
    const { losses } = await train(slopeTraining(regularized, { data, loss: meanSquaredError, steps: 2 }));
    expect(losses[0]).toBe(0.25); // prediction right, 0.25 · 1²
    // Slopes 0 + 0.5 · 1, so w = 0.5; then 2 (0.5 - 1) + 0.5 · 0.5.
    expect(weightValues(regularized)[0]).toBe(1.25);
    regularized.dispose();
  });

  const l2 = () => tf.regularizers.l2({ l2: 0.25 });
  const initial = { useBias: false, kernelInitializer: 'ones', recurrentInitializer: 'zeros' } as const;
  const cell = { units: 1, ...initial, activation: 'linear', kernelRegularizer: l2() } as const;
  it.each([
    ['timeDistributed', () => tf.layers.dense({ units: 1, ...initial, kernelRegularizer: l2() })],
    ['rnn', () => tf.layers.simpleRNNCell(cell)],
  ] as const)('adds a penalty inside %s once', async (holder, make) => {
    const inputShape = [1, 1];
    const layer =
      holder === 'rnn'
        ? tf.layers.rnn({ cell: make() as never, inputShape })
        : tf.layers.timeDistributed({ layer: make(), inputShape });
    const model = tf.sequential({ layers: [layer, tf.layers.reshape({ targetShape: [1] })] });
    const data = fromTensors(tf.tensor3d([[[1]]]), tf.tensor1d([1]), { batchSize: 1 });
    const { losses } = await train(slopeTraining(model, { data, loss: meanSquaredError, steps: 1 }));
    expect(losses[0]).toBe(0.25);
    model.dispose();
  });

  it('adds no penalty of a layer that another only refers to', async () => {
    class Refers extends tf.layers.Layer {
      static readonly className = 'Refers';
      readonly other = tf.layers.dense({ units: 1, kernelRegularizer: l2(), inputShape: [1] });
      override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
        return [inputs].flat()[0]!;
      }
    }
    const refers = new Refers({ inputShape: [1] } as object);
    refers.other.build([null, 1]);
    const model = tf.sequential({ layers: [refers, tf.layers.dense({ units: 1, ...initial })] });
    const data = fromTensors(tf.tensor2d([[1]]), tf.tensor1d([1]), { batchSize: 1 });
    const { losses } = await train(slopeTraining(model, { data, loss: meanSquaredError, steps: 1 }));
    expect(losses[0]).toBe(0);
    model.dispose();
  });

  it('leaves the weights in the model after its parameters are gone, and nothing else', async () => {
    await expectNoLeak(async () => {
      const fresh = slopeModel();
      await train(slopeTraining(fresh, { epochs: 1, dev: fourRows(3) }));
      expect(weightValues(fresh)).toEqual([-4, -6]);
      fresh.dispose();
    });
  });
});
