import * as tf from '@tensorflow/tfjs';
import { jit } from '../../lib/compile/jit';
import { attach } from '../../lib/core/attach';
import { atClock, Clock } from '../../lib/core/clock';
import { hostTensor } from '../../lib/core/host-tensor';
import { streamKey } from '../../lib/core/random';
import { revisionOf } from '../../lib/core/revision';
import { forward } from '../../lib/forward/forward';
import { keepMask } from '../../lib/wasm/kernels';
import { EngineFactory } from '../../trainers/engine';
import { compiledEngine } from '../../trainers/engines/compiled';
import { eagerEngine } from '../../trainers/engines/eager';
import { meanSquaredError } from '../../trainers/losses';
import { parametersOf } from '../../trainers/parameters';
import { expectClose } from '../compile/close';
import { expectNoLeak } from '../leaks';

beforeAll(() => tf.setBackend('cpu'));
beforeEach(() => tf.engine().startScope());
afterEach(() => tf.engine().endScope());

const { layers } = tf;
type Layer = tf.layers.Layer;

const rates = { dropout: 0.3, recurrentDropout: 0.4 };
const drawn = () => tf.initializers.glorotUniform({ seed: 3 });
const cell = () => ({ units: 3, ...rates, kernelInitializer: drawn(), recurrentInitializer: drawn() });

/** Layers that do something else to each number, each by itself, by name. */
const NOISES: Record<string, () => Layer> = {
  dropout: () => layers.dropout({ rate: 0.4 }),
  'dropout with a shape': () => layers.dropout({ rate: 0.4, noiseShape: [null, 1, 6] as number[] }),
  spatialDropout1d: () => layers.spatialDropout1d({ rate: 0.4 }),
  alphaDropout: () => layers.alphaDropout({ rate: 0.4 }),
  gaussianDropout: () => layers.gaussianDropout({ rate: 0.4 }),
  gaussianNoise: () => layers.gaussianNoise({ stddev: 0.5 }),
  'timeDistributed dropout': () => layers.timeDistributed({ layer: layers.dropout({ rate: 0.4 }) }),
};

/** Recurrent layers with masks. */
const RECURRENT: Record<string, () => Layer> = {
  simpleRNN: () => layers.simpleRNN(cell()),
  gru: () => layers.gru(cell()),
  lstm: () => layers.lstm(cell()),
  'rnn of cells': () =>
    layers.rnn({ cell: [layers.lstmCell(cell()), layers.gruCell(cell())] as never }) as Layer,
  bidirectional: () => layers.bidirectional({ layer: layers.lstm(cell()) as never, mergeMode: 'concat' }),
};

const KINDS = { ...NOISES, ...RECURRENT };
const SHAPE = [5, 6]; // [time, width]

/** A model of one layer, or of it and a dense one. */
function modelOf(make: () => Layer, ...more: Layer[]): tf.LayersModel {
  const input = tf.input({ shape: SHAPE });
  const output = [make(), ...more].reduce((x, layer) => layer.apply(x) as tf.SymbolicTensor, input);
  return tf.model({ inputs: input, outputs: output });
}

const inputs = (batch = 4) => tf.randomUniform([batch, ...SHAPE], 0.5, 2, 'float32', 5);
const START = { seed: 1, tick: 7 };

function answer(model: tf.LayersModel, x: tf.Tensor, time: Clock = START): number[] {
  return tf.tidy(() => [...atClock(time, () => forward(model, [x], true)).dataSync()]);
}

async function compiled(model: tf.LayersModel, x: tf.Tensor, times: readonly Clock[]): Promise<number[][]> {
  const fn = jit((y: tf.Tensor) => forward(model, [y], true), { revision: () => revisionOf(model) });
  const results = await Promise.all(times.map((time) => atClock(time, () => fn(x))));
  await fn.dispose();
  return results.map((result) => [...result.dataSync()]);
}

const largest = (values: readonly number[]) => Math.max(...values.map(Math.abs));

describe.each(Object.entries(KINDS))('%s', (name, make) => {
  test('draws the same at the same time, in any copy, and something else at another', () => {
    const [model, copy, x] = [modelOf(make), modelOf(make), inputs()];
    const first = answer(model, x);
    expect(answer(model, x)).toEqual(first);
    expect(answer(copy, x)).toEqual(first); // whose layers tfjs calls otherwise
    expect(answer(model, x, { ...START, tick: 8 })).not.toEqual(first);
    expect(answer(model, x, { ...START, seed: 2 })).not.toEqual(first);
  });

  test('is compiled once, and draws what eager does at every call', async () => {
    const [model, x] = [modelOf(make), inputs()];
    const times = [START, { ...START, tick: 8 }, START];
    const expected = times.map((time) => answer(model, x, time));
    const actual = await compiled(model, x, times);
    actual.forEach((values, i) => {
      const difference = largest(values.map((value, j) => value - expected[i]![j]!));
      expect(difference).toBeLessThanOrEqual(name in RECURRENT ? 1e-5 : 1e-6 * largest(values));
    });
    expect(actual[2]).toEqual(actual[0]);
  });

  test('does nothing outside of training, whatever was trained before', () => {
    const [model, x] = [modelOf(make), inputs(3)];
    answer(model, inputs(4));
    const before = [...(model.predict(x) as tf.Tensor).dataSync()];
    answer(model, inputs(4));
    expect([...forward(model, [x], false).dataSync()]).toEqual(before);
    if (name in NOISES) expect(before).toEqual([...x.dataSync()]);
  });

  test('leaves the model as it was, and no tensors', async () => {
    const [model, x] = [modelOf(make), inputs()];
    const fields = () => model.layers.map((layer) => Object.keys(layer));
    const before = fields();
    await expectNoLeak(() => forward(model, [x], true).dispose());
    expect(fields()).toEqual(before);
  });

  test('trains the same on both engines', async () => {
    const flat = name in NOISES ? [layers.flatten()] : [];
    const model = modelOf(make, ...flat, layers.dense({ units: 1, kernelInitializer: drawn() }));
    const parameters = parametersOf(model);
    const batch = {
      xs: [hostTensor(Float32Array.from(inputs().dataSync()), [4, ...SHAPE])],
      ys: hostTensor(Float32Array.of(1, 2, 3, 4), [4]),
      size: 4,
    };
    const run = async (factory: EngineFactory, clock: Clock) => {
      const engine = await factory(model, parameters, meanSquaredError);
      const loss = await engine.gradients(batch, { accumulate: false, clock });
      engine.dispose();
      return [loss, ...parameters.list.flatMap(({ gradient }) => [...gradient])];
    };
    const eager = await run(eagerEngine({ backend: 'cpu' }), START);
    const program = await run(compiledEngine({ threads: 1 }), START);
    expect(largest(eager.map((value, i) => value - program[i]!))).toBeLessThan(1e-5 * largest(eager));
    expect(await run(compiledEngine({ threads: 1 }), { ...START, tick: 8 })).not.toEqual(program);
    parameters.dispose();
  });
});

/** The numbers with which layer `index` of a model multiplies in its draw number `draw`. */
function maskOf(index: number, draw: number, shape: number[], rate: number, time = START): tf.Tensor {
  const mask = new Uint8Array(shape.reduce((product, size) => product * size));
  keepMask(mask, streamKey(time.seed, time.tick, `random layer ${index}, draw ${draw}`), rate);
  return tf.tensor(Float32Array.from(mask), shape).div(1 - rate);
}

describe('what layers compute', () => {
  const moments = (values: readonly number[]) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length };
  };
  const of = (layer: Layer, x: tf.Tensor) => {
    const input = tf.input({ shape: x.shape.slice(1) });
    return answer(tf.model({ inputs: input, outputs: layer.apply(input) as tf.SymbolicTensor }), x);
  };
  const N = 100_000;

  test('dropout drops its rate, and keeps the mean', () => {
    const values = of(layers.dropout({ rate: 0.25 }), tf.ones([1, N]));
    expect(new Set(values)).toEqual(new Set([0, Math.fround(1 / 0.75)]));
    expect(Math.abs(moments(values).mean - 1)).toBeLessThan(5 * Math.sqrt(1 / 3 / N));
  });

  test('spatial dropout drops whole channels', () => {
    const values = tf.tensor3d(of(layers.spatialDropout1d({ rate: 0.5 }), tf.ones([10, 7, 20])), [10, 7, 20]);
    expect(values.min(1).notEqual(values.max(1)).sum().dataSync()[0]).toBe(0);
    expect(new Set(values.dataSync())).toEqual(new Set([0, 2]));
  });

  test('alpha dropout keeps mean 0 and variance 1', () => {
    const { mean, variance } = moments(
      of(layers.alphaDropout({ rate: 0.2 }), tf.randomNormal([1, N], 0, 1, 'float32', 4)),
    );
    expect(Math.abs(mean)).toBeLessThan(0.02);
    expect(Math.abs(variance - 1)).toBeLessThan(0.03);
  });

  test('gaussian dropout has the mean and variance of dropout, gaussian noise its own', () => {
    const factors = moments(of(layers.gaussianDropout({ rate: 0.2 }), tf.ones([1, N])));
    expect(Math.abs(factors.mean - 1)).toBeLessThan(5 * Math.sqrt(0.25 / N));
    expect(Math.abs(factors.variance - 0.25)).toBeLessThan(5 * 0.25 * Math.sqrt(2 / N));
    const noise = moments(of(layers.gaussianNoise({ stddev: 3 }), tf.zeros([1, N])));
    expect(Math.abs(noise.mean)).toBeLessThan(15 / Math.sqrt(N));
    expect(Math.abs(noise.variance - 9)).toBeLessThan(5 * 9 * Math.sqrt(2 / N));
  });

  test.each([
    [layers.dropout({ rate: 0 })],
    [layers.dropout({ rate: 1 })],
    [layers.alphaDropout({ rate: 0 })],
    [layers.gaussianDropout({ rate: 0 })],
    [layers.gaussianNoise({ stddev: 0 })],
  ])('a rate of 0 or 1 does nothing, as in tfjs', (layer) => {
    const x = tf.randomNormal([1, 30], 0, 1, 'float32', 2);
    expect(of(layer, x)).toEqual([...x.dataSync()]);
  });

  test('gradients of an LSTM are those of tfjs with the same masks, one for a whole sequence', () => {
    const model = modelOf(() => layers.lstm(cell()));
    const x = inputs();
    const loss = (run: () => tf.Tensor) =>
      tf.variableGrads(() => atClock(START, run).square().mean() as tf.Scalar);
    const ours = loss(() => forward(model, [x], true));
    const lstm = model.layers[1] as unknown as { cell: Layer & { dropoutFunc?: unknown } };
    let draw = 0; // four for the inputs, of which tfjs's LSTM uses one, then four for the states
    lstm.cell.dropoutFunc = (ones: tf.Tensor, rate: number) => maskOf(0, draw++, ones.shape, rate);
    const theirs = loss(() => model.apply(x, { training: true }) as tf.Tensor);
    expect(draw).toBe(8);
    expectClose(ours.value, theirs.value);
    for (const [name, gradient] of Object.entries(theirs.grads)) expectClose(ours.grads[name]!, gradient);
  });

  test('gradients of dropout are its mask', () => {
    const model = modelOf(NOISES['dropout']!);
    const gradient = tf.grad((x) => atClock(START, () => forward(model, [x], true)))(inputs());
    expectClose(gradient, maskOf(0, 0, [4, ...SHAPE], 0.4), 0);
  });
});

describe('streams', () => {
  const two = (...seeds: (number | undefined)[]) =>
    modelOf(
      () => layers.dropout({ rate: 0.5, seed: seeds[0] }),
      layers.dropout({ rate: 0.5, seed: seeds[1] }),
    );
  const ones = () => tf.ones([4, ...SHAPE]);

  test('two layers, and two calls of one layer, draw differently', () => {
    const kept = (values: number[]) => values.filter((value) => value > 0).length / values.length;
    expect(kept(answer(two(), ones()))).toBeLessThan(0.4);
    const shared = layers.dropout({ rate: 0.5 });
    expect(
      kept(
        answer(
          modelOf(() => shared, shared),
          ones(),
        ),
      ),
    ).toBeLessThan(0.4);
  });

  test("a layer's own seed takes the place of the run's, and the masks differ from step to step", () => {
    const model = modelOf(() => layers.dropout({ rate: 0.5, seed: 9 }));
    const first = answer(model, ones());
    expect(answer(model, ones(), { ...START, seed: 2 })).toEqual(first);
    expect(answer(model, ones(), { ...START, tick: 8 })).not.toEqual(first);
    expect(first).not.toEqual(
      answer(
        modelOf(() => layers.dropout({ rate: 0.5, seed: 8 })),
        ones(),
      ),
    );
  });

  test('a seed that is no integer, and a deviation below 0, are refused', () => {
    expect(() => answer(two(0.5), ones())).toThrow(
      /Expected an integer as the seed of layer "dropout.*got 0.5/,
    );
    expect(() =>
      answer(
        modelOf(() => layers.gaussianNoise({ stddev: -1 })),
        ones(),
      ),
    ).toThrow(/got 0 and -1/);
  });

  test('other rates and seeds compile again', () => {
    const model = modelOf(() => layers.dropout({ rate: 0.5 }), layers.lstm(cell()));
    const dropout = model.layers[1] as Layer & { rate: number; seed?: number };
    const lstmCell = (model.layers[2] as unknown as { cell: { recurrentDropout: number } }).cell;
    const revisions = [revisionOf(model)];
    dropout.rate = 0;
    revisions.push(revisionOf(model));
    dropout.seed = 4;
    revisions.push(revisionOf(model));
    lstmCell.recurrentDropout = 0;
    revisions.push(revisionOf(model));
    forward(model, [inputs()], true);
    expect(revisionOf(model)).toBe(revisions.at(-1));
    expect(new Set(revisions).size).toBe(4);
  });

  test('what is attached to a layer still sees its input and output', () => {
    const model = modelOf(() => layers.dropout({ rate: 0.5 }));
    const before = answer(model, ones());
    const doubled = {
      revision: '',
      apply: (x: tf.Tensor) => x.mul(2),
      state: () => ({}),
      dispose: () => undefined,
    };
    const attachments = ['input', 'output'].map((target) => attach(model.layers[1]!, target, doubled));
    expect(answer(model, ones())).toEqual(before.map((value) => 4 * value));
    attachments.forEach((attachment) => attachment.detach());
    expect(answer(model, ones())).toEqual(before);
    expect(Object.keys(model.layers[1]!)).not.toContain('call');
  });

  test("a cell's own function for masks is kept", () => {
    const own = jest.fn((x: tf.Tensor) => x.mul(0));
    const model = modelOf(() =>
      layers.lstm({ ...cell(), dropoutFunc: own } as Parameters<typeof layers.lstm>[0]),
    );
    answer(model, inputs());
    expect(own).toHaveBeenCalledTimes(8);
  });
});
