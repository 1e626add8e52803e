import * as tf from '@tensorflow/tfjs';
import { objective } from '../../trainers/engine';
import type { Loss } from '../../trainers/losses';
import { expectNoLeak } from '../leaks';

beforeAll(() => tf.setBackend('cpu'));
beforeEach(() => tf.engine().startScope());
afterEach(() => {
  tf.engine().endScope();
  tf.disposeVariables();
});

const zero: Loss = (predictions) => predictions.square().sum().mul(0) as tf.Scalar;

/** [2, 2] ones whose squares are summed: a penalty of 4. */
const regularized = (name: string): tf.layers.Layer =>
  tf.layers.dense({
    name,
    units: 2,
    kernelInitializer: 'ones',
    kernelRegularizer: tf.regularizers.l2({ l2: 1 }),
  });

const repeated = (layer: tf.layers.Layer, inputShape?: number[]): tf.layers.Layer =>
  tf.layers.timeDistributed({ layer, inputShape } as Parameters<typeof tf.layers.timeDistributed>[0]);

const inner = (...layers: tf.layers.Layer[]): tf.Sequential =>
  tf.sequential({ layers: [tf.layers.inputLayer({ inputShape: [2] }), ...layers] });

/** What tfjs adds to the loss itself, in one step. */
async function fitted(model: tf.LayersModel, x: tf.Tensor): Promise<number> {
  const y = tf.zerosLike(model.predict(x) as tf.Tensor);
  model.compile({
    optimizer: tf.train.sgd(0),
    loss: (_: tf.Tensor, predictions: tf.Tensor) => predictions.mul(0),
  });
  const { history } = await model.fit(x, y, { verbose: 0 });
  return history['loss']![0] as number;
}

/** Models whose tfjs training counts the penalty of each layer once. */
const models: Record<string, () => [model: tf.LayersModel, penalty: number, shape: number[]]> = {
  'a layer on its own': () => [inner(regularized('dense')), 4, [1, 2]],
  timeDistributed: () => [tf.sequential({ layers: [repeated(regularized('dense'), [3, 2])] }), 4, [1, 3, 2]],
  'timeDistributed in timeDistributed': () => [
    tf.sequential({ layers: [repeated(repeated(regularized('dense')), [3, 2, 2])] }),
    4,
    [1, 3, 2, 2],
  ],
  'a nested model': () => [inner(inner(regularized('inside')), regularized('outside')), 8, [1, 2]],
  'timeDistributed in a nested model': () => {
    const nested = tf.sequential({ layers: [repeated(regularized('dense'), [3, 2])] });
    return [tf.sequential({ layers: [nested, repeated(regularized('more'))] }), 8, [1, 3, 2]];
  },
  'a kernel and a bias': () => {
    const l1 = tf.regularizers.l1({ l1: 1 });
    const both = {
      units: 2,
      kernelInitializer: 'ones',
      biasInitializer: 'ones',
      kernelRegularizer: l1,
      biasRegularizer: l1,
    } as const;
    return [inner(tf.layers.dense(both)), 6, [1, 2]];
  },
};

test.each(Object.keys(models))('the penalty of %s counts once, as in model.fit', async (name) => {
  const [model, penalty, shape] = models[name]!();
  const x = tf.ones(shape);
  expect(objective(model, zero, [x], [x]).dataSync()[0]).toBe(penalty);
  expect(await fitted(model, x)).toBe(penalty);
});

test.each<[string, () => [tf.LayersModel, number, number[]]]>([
  [
    'a model in timeDistributed, where model.fit loses it',
    () => [tf.sequential({ layers: [repeated(inner(regularized('dense')), [3, 2])] }), 4, [1, 3, 2]],
  ],
  [
    'a layer applied twice, where model.fit counts each application',
    () => {
      const [dense, input] = [regularized('dense'), tf.input({ shape: [2] })];
      return [
        tf.model({ inputs: input, outputs: dense.apply(dense.apply(input)) as tf.SymbolicTensor }),
        4,
        [1, 2],
      ];
    },
  ],
  [
    'a layer shared with a nested model',
    () => {
      const [dense, input] = [regularized('dense'), tf.input({ shape: [2] })];
      const nested = inner(dense);
      return [
        tf.model({ inputs: input, outputs: dense.apply(nested.apply(input)) as tf.SymbolicTensor }),
        4,
        [1, 2],
      ];
    },
  ],
])('the penalty of %s counts once', (_, make) => {
  const [model, penalty, shape] = make();
  const x = tf.ones(shape);
  expect(objective(model, zero, [x], [x]).dataSync()[0]).toBe(penalty);
});

test('the penalty of a recurrent cell counts once per cell, which model.fit loses', () => {
  const recurrent = (): tf.RNN =>
    tf.layers.simpleRNN({
      units: 2,
      kernelInitializer: 'ones',
      kernelRegularizer: tf.regularizers.l2({ l2: 1 }),
      inputShape: [3, 2],
    }) as tf.RNN;
  const options = { layer: recurrent(), inputShape: [3, 2] } as Parameters<typeof tf.layers.bidirectional>[0];
  const x = tf.ones([1, 3, 2]);
  const penaltyOf = (layer: tf.layers.Layer) =>
    objective(tf.sequential({ layers: [layer] }), zero, [x], [x]).dataSync()[0];
  expect(penaltyOf(recurrent())).toBe(4);
  expect(penaltyOf(tf.layers.bidirectional(options))).toBe(8);
});

test('leaves nothing behind', async () => {
  const [model] = models['timeDistributed']!();
  const x = tf.ones([1, 3, 2]);
  await expectNoLeak(() => objective(model, zero, [x], [x]).dispose());
});
