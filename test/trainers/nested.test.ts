import * as tf from '@tensorflow/tfjs';
import { fromTensors } from '../../datasets/batch';
import { weightsOf } from '../../lib/core/weights';
import { compiledEngine } from '../../trainers/engines/compiled';
import { eagerEngine } from '../../trainers/engines/eager';
import { meanSquaredError } from '../../trainers/losses';
import { sgd } from '../../trainers/optimizer';
import { constantRate } from '../../trainers/schedules';
import { train } from '../../trainers/trainer';
import { holders } from '../core/holders';

beforeAll(() => tf.setBackend('cpu'));
afterEach(() => tf.disposeVariables());

const dense = (name: string) => tf.layers.dense({ name, units: 3, inputShape: [3] });
const functional = (name: string, ...layers: tf.layers.Layer[]) => {
  const input = tf.input({ shape: [3] });
  const outputs = layers.reduce((x, layer) => layer.apply(x) as tf.SymbolicTensor, input);
  return tf.model({ name, inputs: input, outputs });
};

const models: Record<string, () => tf.LayersModel> = {
  ...Object.fromEntries(Object.entries(holders).map(([name, { make }]) => [name, make])),
  'equal layers of nested models': () =>
    functional('root', functional('a', dense('same')), functional('b', dense('same'))),
  'a layer shared across nested models': () => {
    const shared = dense('shared');
    return functional('root', functional('a', shared), functional('b', dense('own'), shared));
  },
  'a frozen nested model': () => {
    const frozen = functional('frozen', functional('inner', dense('x')));
    frozen.trainable = false;
    return functional('root', frozen, dense('y'));
  },
};

/** The same values in every call: weights and data are drawn with seeds. */
function prepared(make: () => tf.LayersModel) {
  const model = make();
  weightsOf(model).forEach(({ variable }, i) =>
    variable.assign(tf.randomNormal(variable.shape, 0, 0.5, 'float32', i + 1)),
  );
  const x = tf.randomNormal([4, ...model.inputs[0]!.shape.slice(1)] as number[], 0, 1, 'float32', 99);
  const flat = (y: tf.Tensor) => y.reshape([4, -1]);
  const last = tf.layers.flatten();
  const outputs =
    model.outputs[0]!.rank > 2 ? (last.apply(model.outputs[0]!) as tf.SymbolicTensor) : model.outputs;
  return {
    model: tf.model({ inputs: model.inputs, outputs }),
    x,
    ys: tf.zerosLike(flat(model.predict(x) as tf.Tensor)),
  };
}

const valuesOf = (model: tf.LayersModel) =>
  Object.fromEntries(weightsOf(model).map(({ path, variable }) => [path, Array.from(variable.dataSync())]));

describe.each(Object.entries(models))('training %s', (_, make) => {
  test.each([
    ['compiled', compiledEngine()],
    ['eager', eagerEngine({ backend: 'cpu' })],
  ])('%s goes as with the optimizer of tfjs', async (__, engine) => {
    const stock = prepared(make);
    const before = valuesOf(stock.model);
    const optimizer = tf.train.sgd(0.1);
    // `fit` gives the optimizer a weight as often as nested models share it, which then takes the step as often.
    const variables = [
      ...new Set(stock.model.trainableWeights.map((weight) => weight.read() as tf.Variable)),
    ];
    const loss = () =>
      (stock.model.apply(stock.x, { training: true }) as tf.Tensor).sub(stock.ys).square().mean();
    for (let step = 0; step < 2; step++) optimizer.minimize(loss as () => tf.Scalar, false, variables);
    const expected = valuesOf(stock.model);
    const { model, x, ys } = prepared(make);
    await train({
      model,
      data: fromTensors(x, ys, { batchSize: 4, shuffle: false }),
      loss: meanSquaredError,
      optimizer: sgd({ momentum: 0, weightDecay: 0 }),
      learningRate: constantRate(0.1),
      clipNorm: Infinity,
      steps: 2,
      engine,
    });
    await tf.setBackend('cpu');
    const trained = valuesOf(model);
    expect(Object.keys(trained)).toEqual(Object.keys(expected));
    for (const { path, trainable } of weightsOf(model)) {
      expect([path, trained[path]!.join() === before[path]!.join()]).toEqual([path, !trainable]);
      trained[path]!.forEach((value, i) => expect(value).toBeCloseTo(expected[path]![i]!, 5));
    }
  });
});
