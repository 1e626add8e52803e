import * as tf from '@tensorflow/tfjs';
import { jit } from '../../lib/compile/jit';
import { expectClose } from './close';

const { layers } = tf;

beforeAll(() => tf.setBackend('cpu'));
beforeEach(() => tf.engine().startScope());
afterEach(() => {
  tf.engine().endScope();
  tf.disposeVariables();
});

/** Something that learns: one step of it, and the variables that the step changes. */
interface Learner {
  readonly step: (x: tf.Tensor, y: tf.Tensor) => tf.Scalar;
  readonly variables: () => tf.Variable[];
}

/** Data of a learnable task: which of three blobs a point is from. */
function batch(index: number, shape: number[]): [tf.Tensor, tf.Tensor] {
  const classes = tf.randomUniform([12], 0, 3, 'float32', 100 + index).floor();
  const centres = classes.sub(1).reshape([12, ...shape.map(() => 1)]);
  return [
    tf.randomNormal([12, ...shape], 0, 0.4, 'float32', 1 + index).add(centres),
    tf.oneHot(classes.toInt(), 3).toFloat(),
  ];
}

/** Two equal learners, one eager and one compiled, have equal losses and end with equal variables. */
async function expectSameTraining(make: () => Learner, shape: number[], steps = 50): Promise<void> {
  const [eager, traced] = [make(), make()];
  const compiled = jit(traced.step, { threads: 1 });
  let last = Infinity;
  for (let i = 0; i < steps; i++) {
    const [x, y] = batch(i % 5, shape);
    const [expected, actual] = [eager.step(x, y).dataSync()[0]!, (await compiled(x, y)).dataSync()[0]!];
    expect(Math.abs(actual - expected)).toBeLessThanOrEqual(1e-4 * Math.abs(expected));
    last = expected;
  }
  const others = traced.variables();
  eager.variables().forEach((variable, i) => expectClose(others[i]!, variable, 1e-3));
  expect(last).toBeLessThan(0.8); // it did learn
  await compiled.dispose();
}

/** A model of layers with its softmax cross-entropy, trained by an optimizer inside the step. */
function learner(model: tf.LayersModel, optimizer: tf.Optimizer): Learner {
  const variables = (): tf.Variable[] =>
    model.weights.map((weight) => (weight as unknown as { val: tf.Variable }).val);
  const cost = (x: tf.Tensor, y: tf.Tensor): tf.Scalar =>
    tf.losses.softmaxCrossEntropy(y, model.apply(x, { training: true }) as tf.Tensor) as tf.Scalar;
  return {
    variables,
    step: (x, y) => tf.tidy(() => optimizer.minimize(() => cost(x, y), true) as tf.Scalar),
  };
}

const initial = (seed: number) => tf.initializers.glorotUniform({ seed });

function dense(): tf.LayersModel {
  return tf.sequential({
    layers: [
      layers.dense({ units: 8, activation: 'relu', inputShape: [4], kernelInitializer: initial(1) }),
      layers.dense({ units: 3, kernelInitializer: initial(2) }),
    ],
  });
}

function convolutional(): tf.LayersModel {
  return tf.sequential({
    layers: [
      layers.conv2d({
        filters: 4,
        kernelSize: 3,
        useBias: false,
        inputShape: [6, 6, 1],
        kernelInitializer: initial(1),
      }),
      layers.batchNormalization({ momentum: 0.5 }),
      layers.activation({ activation: 'relu' }),
      layers.maxPooling2d({ poolSize: 2 }),
      layers.flatten(),
      layers.layerNormalization({}),
      layers.dense({ units: 3, kernelInitializer: initial(2) }),
    ],
  });
}

test('stochastic gradient descent in a compiled step', () =>
  expectSameTraining(() => learner(dense(), tf.train.sgd(0.2)), [4]));

test('a convolutional network, its moving averages updated in training', () =>
  expectSameTraining(() => learner(convolutional(), tf.train.sgd(0.05)), [6, 6, 1], 30));

test.each([
  ['adam', () => tf.train.adam(0.02)],
  ['momentum', () => tf.train.momentum(0.05, 0.9)],
  ['rmsprop', () => tf.train.rmsprop(0.01)],
  ['adagrad', () => tf.train.adagrad(0.1)],
])('%s, whose slots were made by a first eager step', (_, optimizer) => {
  const make = (): Learner => {
    const learning = learner(dense(), optimizer());
    learning.step(...batch(0, [4])); // optimizers make their slot variables at the first step
    return learning;
  };
  return expectSameTraining(make, [4]);
});

test('gradients by variableGrads and assignments written out', () =>
  expectSameTraining(() => {
    const w = tf.variable(tf.randomUniform([4, 3], -1, 1, 'float32', 3));
    const velocity = tf.variable(tf.zeros([4, 3]));
    const steps = tf.variable(tf.scalar(0, 'int32'), false);
    return {
      variables: () => [w, velocity, steps],
      step: (x, y) => {
        const { value, grads } = tf.variableGrads(
          () => tf.losses.softmaxCrossEntropy(y, x.matMul(w)) as tf.Scalar,
          [w],
        );
        velocity.assign(velocity.mul(0.9).add(grads[w.name]!));
        w.assign(w.sub(velocity.mul(0.1)));
        steps.assign(steps.add(tf.scalar(1, 'int32')));
        return value;
      },
    };
  }, [4]));

test('two calls that are not awaited one by one are two steps', async () => {
  const w = tf.variable(tf.scalar(1));
  const step = jit(() => {
    w.assign(w.mul(2));
    return w.add(0);
  });
  const [a, b] = await Promise.all([step(), step()]);
  expect([a.dataSync()[0], b.dataSync()[0], w.dataSync()[0]]).toEqual([2, 4, 4]);
  await step.dispose();
});
