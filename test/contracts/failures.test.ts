import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { BatchSource, fromTensors } from '../../datasets/batch';
import { jit } from '../../lib/compile/jit';
import { exportOnnx } from '../../lib/export/onnx/export-onnx';
import { attachmentsOf } from '../../lib/core/attach';
import type { MaskKind } from '../../lib/pruning/mask';
import { masksOf } from '../../lib/pruning/model-masks';
import { magnitudePruner } from '../../lib/pruning/pruner';
import { oneShot } from '../../lib/pruning/schedule';
import type { Callback } from '../../trainers/callback';
import { pruning } from '../../trainers/callbacks/pruning';
import { compiledEngine } from '../../trainers/engines/compiled';
import { eagerEngine } from '../../trainers/engines/eager';
import { captureModel, restoreModel } from '../../trainers/model-state';
import { parametersOf } from '../../trainers/parameters';
import { train, TrainOptions } from '../../trainers/trainer';
import { scopeEachTest } from '../scope';
import { twoSteps } from '../trainers/two-steps';

/** What fails leaves the model as it was before. */

scopeEachTest();

const values = (model: tf.LayersModel): number[][] =>
  model.getWeights().map((weight) => Array.from(weight.dataSync()));
const places = (model: tf.LayersModel): object[] => model.getWeights().map(({ dataId }) => dataId);
const predicted = (model: tf.LayersModel, x: tf.Tensor): number[] =>
  Array.from((model.predict(x) as tf.Tensor).dataSync());

/** A kernel without an ONNX mapping, and one that exists on no backend. */
class Unmapped extends tf.layers.Layer {
  static className = 'Unmapped';
  override call(inputs: tf.Tensor | tf.Tensor[], { training }: Record<string, unknown>): tf.Tensor {
    const x = [inputs].flat()[0]!;
    if (!training) return x.mul(1);
    return tf.engine().runKernel('NoSuchKernel', { x }) as tf.Tensor;
  }
}
tf.serialization.registerClass(Unmapped);

function unmappedModel(): tf.Sequential {
  return tf.sequential({
    layers: [
      tf.layers.dense({ name: 'hidden', units: 4, inputShape: [2] }),
      new Unmapped({ name: 'unmapped' }),
      tf.layers.batchNormalization({ name: 'norm' }),
      tf.layers.dense({ name: 'classifier', units: 1 }),
    ],
  });
}

function training(model: tf.LayersModel, options: Partial<TrainOptions> = {}): TrainOptions {
  const data = fromTensors(tf.ones([4, 2]), tf.ones([4, 1]), { batchSize: 2 });
  return twoSteps(model, data, options);
}

const engines = [
  ['compiled', compiledEngine()],
  ['eager', eagerEngine({ backend: 'cpu' })],
] as const;

describe('a trace that throws', () => {
  test('leaves variables, and what was assigned to them, alone', async () => {
    const variable = tf.variable(tf.tensor1d([1, 2]));
    const { dataId } = variable;
    const step = jit(() => {
      variable.assign(variable.mul(2));
      throw new Error('in the function');
    });
    await expect(step()).rejects.toThrow('in the function');
    expect([variable.dataId, ...variable.dataSync()]).toEqual([dataId, 1, 2]);
    expect(tf.getBackend()).toBe('cpu');
    await step.dispose();
  });
});

describe('a stateful layer', () => {
  const stateful = (): tf.Sequential =>
    tf.sequential({
      layers: [tf.layers.simpleRNN({ name: 'rnn', units: 2, batchInputShape: [1, 3, 2], stateful: true })],
    });

  test('is refused by an export and goes on from its state', () => {
    const [model, twin] = [stateful(), stateful()];
    twin.setWeights(model.getWeights());
    const x = tf.ones([1, 3, 2]);
    expect(predicted(model, x)).toEqual(predicted(twin, x));
    const file = path.join(os.tmpdir(), 'stateful.onnx');
    expect(() => exportOnnx(model, file)).toThrow(
      'got the stateful layer "rnn", which can be neither compiled nor exported',
    );
    expect(fs.existsSync(file)).toBe(false);
    expect(predicted(model, x)).toEqual(predicted(twin, x));
  });

  test('is refused by the compiled engine, inside other layers too, and trains eagerly', async () => {
    const bidirectional = tf.sequential({
      layers: [
        tf.layers.bidirectional({
          layer: tf.layers.simpleRNN({ name: 'inner', units: 1, stateful: true }),
          batchInputShape: [1, 3, 2],
        } as Parameters<typeof tf.layers.bidirectional>[0]),
      ],
    });
    const data = fromTensors(tf.ones([1, 3, 2]), tf.ones([1, 2]), { batchSize: 1 });
    for (const model of [stateful(), bidirectional]) {
      const before = values(model);
      await expect(train(training(model, { data, engine: compiledEngine() }))).rejects.toThrow('stateful');
      expect(values(model)).toEqual(before);
    }
    const { losses } = await train(training(stateful(), { data, engine: eagerEngine({ backend: 'cpu' }) }));
    expect(losses).toHaveLength(2);
  });
});

test('a layer keeps the tensors that it had before it was traced', () => {
  class Keeper extends tf.layers.Layer {
    static className = 'Keeper';
    last?: tf.Tensor;
    readonly all: tf.Tensor[] = [];
    override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
      this.last = tf.keep([inputs].flat()[0]!.mul(2));
      this.all[0] = this.last;
      return this.last;
    }
  }
  const layer = new Keeper({ name: 'keeper', inputShape: [1] });
  const model = tf.sequential({ layers: [layer] });
  delete layer.last;
  layer.all.length = 0;
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'failures-'));
  exportOnnx(model, path.join(folder, 'model.onnx'));
  expect([layer.last, layer.all]).toEqual([undefined, []]);
  model.predict(tf.tensor2d([[3]]));
  const { last } = layer;
  exportOnnx(model, path.join(folder, 'model.onnx'));
  expect(layer.last).toBe(last);
  expect(layer.all).toEqual([last]);
  expect((last as unknown as tf.Tensor).dataSync()[0]).toBe(6);
  fs.rmSync(folder, { recursive: true });
});

describe.each(engines)('on the %s engine, the model is as it was when', (_, engine) => {
  const prune = (maskKind?: MaskKind) =>
    pruning({ pruner: magnitudePruner({ schedule: oneShot({ finalSparsity: 0.5 }), maskKind }) });

  test.each(['hard', 'latent'] as const)(
    '%s masks were set at step 0 and the first step fails',
    async (kind) => {
      const model = unmappedModel();
      const before = values(model);
      const callbacks = [prune(kind)];
      await expect(train(training(model, { engine, callbacks }))).rejects.toThrow('NoSuchKernel');
      expect(values(model)).toEqual(before);
      expect([masksOf(model).size, attachmentsOf(model)]).toEqual([0, []]);
      expect(places(model).every((dataId) => tf.findBackend('cpu').refCount(dataId) === 1)).toBe(true);
    },
  );

  test('the first loss is not finite', async () => {
    const model = tf.sequential({ layers: [tf.layers.dense({ name: 'hidden', units: 2, inputShape: [2] })] });
    model.add(tf.layers.dense({ name: 'classifier', units: 1 }));
    const before = values(model);
    const data = fromTensors(tf.fill([2, 2], NaN), tf.ones([2, 1]), { batchSize: 2 });
    await expect(train(training(model, { engine, data, callbacks: [prune()] }))).rejects.toThrow(
      'The loss is NaN',
    );
    expect(values(model)).toEqual(before);
  });
});

test('pruning at step 0 stays once a step is done, or training ends without one', async () => {
  const zeros = async (options: Partial<TrainOptions>) => {
    const model = tf.sequential({ layers: [tf.layers.dense({ name: 'hidden', units: 4, inputShape: [2] })] });
    model.add(tf.layers.dense({ name: 'classifier', units: 1 }));
    const callbacks = [pruning({ pruner: magnitudePruner({ schedule: oneShot({ finalSparsity: 0.5 }) }) })];
    await train(training(model, { callbacks, ...options })).catch(() => undefined);
    return values(model)[0]!.filter((value) => value === 0).length;
  };
  const breaksOff: BatchSource = {
    ...fromTensors(tf.ones([4, 2]), tf.ones([4, 1]), { batchSize: 2 }),
    async *epoch() {
      yield {
        xs: [{ dtype: 'float32', shape: [1, 2], data: Float32Array.of(1, 1) }],
        ys: { dtype: 'float32', shape: [1], data: Float32Array.of(1) },
        size: 1,
      };
      throw new Error('no more');
    },
  };
  expect([await zeros({}), await zeros({ steps: 0 }), await zeros({ data: breaksOff })]).toEqual([4, 4, 4]);
});

describe('whatever fails in train', () => {
  const hooks = [
    'onTrainBegin',
    'onEpochBegin',
    'onStepBegin',
    'onGradients',
    'onStepEnd',
    'onLog',
    'onTrainEnd',
  ] as const;
  const disposed: string[] = [];
  const watcher = (name: string, more: Partial<Callback> = {}): Callback => ({
    name,
    dispose: () => void disposed.push(name),
    ...more,
  });
  const failing = (message: string) => () => {
    throw new Error(message);
  };
  const model = () =>
    tf.sequential({ layers: [tf.layers.dense({ name: 'dense', units: 1, inputShape: [2] })] });
  beforeEach(() => disposed.splice(0));

  test.each(hooks)('in %s, every callback is disposed, and variables have ordinary storage', async (hook) => {
    const network = model();
    const callbacks = [watcher('first'), watcher('failing', { [hook]: failing('hook') }), watcher('last')];
    await expect(train(training(network, { callbacks }))).rejects.toThrow('hook');
    expect(disposed).toEqual(['first', 'failing', 'last']);
    for (const weight of network.getWeights())
      expect(weight.dataSync().buffer.byteLength).toBe(4 * weight.size);
  });

  test.each(engines)(
    'a dispose that fails keeps nothing else from its end, on the %s engine',
    async (_, engine) => {
      await tf.setBackend('cpu');
      const network = model();
      const engineEnds: string[] = [];
      const watched: typeof engine = async (...args) => {
        const running = await engine(...args);
        return { ...running, dispose: () => (engineEnds.push('engine'), running.dispose()) };
      };
      const callbacks = [watcher('first', { dispose: failing('dispose') }), watcher('last')];
      await expect(train(training(network, { engine: watched, callbacks }))).rejects.toThrow('dispose');
      expect([...disposed, ...engineEnds]).toEqual(['last', 'engine']);
      for (const weight of network.getWeights())
        expect(weight.dataSync().buffer.byteLength).toBe(4 * weight.size);
    },
  );

  test('the error of a hook comes before that of a dispose', async () => {
    const callback = watcher('both', { onStepEnd: failing('hook'), dispose: failing('dispose') });
    await expect(train(training(model(), { callbacks: [callback] }))).rejects.toThrow('hook');
  });

  test('callbacks are disposed where training cannot begin', async () => {
    const callbacks = [watcher('first'), watcher('last')];
    await expect(train(training(model(), { callbacks, epochs: 1 }))).rejects.toThrow(
      'either steps or epochs',
    );
    await expect(
      train(training(model(), { callbacks, engine: eagerEngine({ backend: 'none' }) })),
    ).rejects.toThrow('Unknown tfjs backend "none"');
    expect(disposed).toEqual(['first', 'last', 'first', 'last']);
  });
});

test('a state or snapshot that does not fit is not put back in part', async () => {
  const model = tf.sequential({
    layers: [
      tf.layers.dense({ name: 'dense', units: 1, inputShape: [2] }),
      tf.layers.batchNormalization({ name: 'norm' }),
    ],
  });
  const parameters = parametersOf(model, { slots: ['m'] });
  const state = await captureModel(model, parameters);
  const snapshot = parameters.snapshot({ slots: true });
  parameters.list.forEach(({ weights }) => weights.fill(7));
  const before = values(model);
  for (const name of Object.keys(state)) {
    const rest = Object.fromEntries(Object.entries(state).filter(([other]) => other !== name));
    expect(() => restoreModel(model, parameters, rest)).toThrow(`expected "${name}"`);
  }
  const mask = { dtype: 'bool', shape: [3], data: Uint8Array.of(1, 1, 1) } as const;
  expect(() =>
    restoreModel(model, parameters, { ...state, 'masks/norm/beta': { ...mask, shape: [3] } }),
  ).toThrow('masks/norm/beta');
  const weights = new Map([...snapshot.weights].filter(([path]) => path !== 'norm/beta'));
  expect(() => parameters.restore({ ...snapshot, weights })).toThrow('for "norm/beta", got none');
  const slots = new Map([...snapshot.slots!, ['norm/beta', {}]]);
  expect(() => parameters.restore({ ...snapshot, slots })).toThrow('for "norm/beta", got none');
  expect(values(model)).toEqual(before);
  parameters.dispose();
});
