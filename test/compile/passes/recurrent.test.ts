import * as tf from '@tensorflow/tfjs';
import type { Graph } from '../../../lib/compile/graph';
import { optimize } from '../../../lib/compile/passes';
import { trace } from '../../../lib/compile/trace';
import { expectSameAsEager } from '../close';

beforeAll(() => tf.setBackend('cpu'));
beforeEach(() => tf.engine().startScope());
afterEach(() => {
  tf.engine().endScope();
  tf.disposeVariables();
});

const [BATCH, WIDTH, UNITS] = [2, 3, 4];
const seeded = (seed: number) => tf.initializers.glorotUniform({ seed });
const args = () => ({ units: UNITS, kernelInitializer: seeded(1), recurrentInitializer: seeded(2) });

/** Gradients of the weights of a recurrent layer over so many steps, and its inputs. */
function gradientsOf(make: () => tf.layers.Layer, steps: number) {
  const layer = make();
  const x = tf.randomNormal([BATCH, steps, WIDTH], 0, 1, 'float32', 3);
  layer.apply(x); // makes its weights
  const weights = layer.trainableWeights.map((weight) => weight.read() as tf.Variable);
  const fn = (input: tf.Tensor) => {
    const { value, grads } = tf.variableGrads(
      () => (layer.apply(input) as tf.Tensor).square().sum(),
      weights,
    );
    return [value, ...weights.map(({ name }) => grads[name]!)];
  };
  return { fn, x };
}

function programOf(make: () => tf.layers.Layer, steps: number): Graph {
  const { fn, x } = gradientsOf(make, steps);
  const { graph } = trace((input) => fn(input!), [{ shape: x.shape, dtype: 'float32' }]);
  return optimize(graph, { integerPath: 'simulated', provider: 'cpu' }).graph;
}

/** ONNX nodes: outputs of one operator are several nodes of our graphs. */
const nodesIn = ({ nodes }: Graph): number => nodes.filter(({ slot = 0 }) => slot === 0).length;

describe.each([
  ['lstm', () => tf.layers.lstm(args()), 44],
  ['gru', () => tf.layers.gru(args()), 43],
  ['simpleRNN', () => tf.layers.simpleRNN(args()), 9],
] as const)('a training step of %s', (_, make: () => tf.layers.Layer, most) => {
  test('has few nodes for each step of the sequence', () => {
    const [shorter, longer] = [20, 40].map((steps) => nodesIn(programOf(make, steps)));
    expect((longer! - shorter!) / 20).toBeLessThanOrEqual(most);
  });

  test('has gradients as eager tfjs has them', async () => {
    const { fn, x } = gradientsOf(make, 20);
    await expectSameAsEager(fn, [x], { integerPath: 'simulated' });
  });
});
