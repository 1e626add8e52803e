import * as tf from '@tensorflow/tfjs';
import { expectSameAsEager } from './close';

beforeAll(() => tf.setBackend('cpu'));
beforeEach(() => tf.engine().startScope());
afterEach(() => tf.engine().endScope());

const random = (shape: number[], seed: number, low = -1, high = 1) =>
  tf.randomUniform(shape, low, high, 'float32', seed);

/** Value, and gradients of the sum of its squares with respect to every argument. */
const differentiated =
  (fn: (...xs: tf.Tensor[]) => tf.Tensor) =>
  (...xs: tf.Tensor[]): tf.Tensor[] => [
    fn(...xs),
    ...tf.grads(
      (...ys: tf.Tensor[]) =>
        fn(...ys)
          .square()
          .sum() as tf.Scalar,
    )(xs),
  ];

const denseNetwork = (x: tf.Tensor, w1: tf.Tensor, b1: tf.Tensor, w2: tf.Tensor): tf.Tensor =>
  tf.matMul(tf.matMul(x, w1).add(b1).relu(), w2).softmax();

const convolutionalNetwork = (x: tf.Tensor, w1: tf.Tensor, w2: tf.Tensor, w3: tf.Tensor): tf.Tensor => {
  const first = tf.conv2d(x as tf.Tensor4D, w1 as tf.Tensor4D, 1, 'same').relu();
  const pooled = tf.maxPool(first as tf.Tensor4D, 3, 2, 'same');
  const second = tf.conv2d(pooled as tf.Tensor4D, w2 as tf.Tensor4D, 2, 'valid').elu();
  return tf.matMul(second.reshape([x.shape[0]!, -1]), w3).logSoftmax();
};

test('a dense network and its gradients', () =>
  expectSameAsEager(differentiated(denseNetwork), [
    random([4, 6], 1),
    random([6, 5], 2),
    random([5], 3),
    random([5, 3], 4),
  ]));

test('a convolutional network and its gradients', () =>
  expectSameAsEager(differentiated(convolutionalNetwork), [
    random([2, 9, 8, 3], 1),
    random([3, 3, 3, 4], 2),
    random([2, 2, 4, 5], 3),
    random([20, 3], 4),
  ]));

test.each([
  ['absoluteDifference', tf.losses.absoluteDifference],
  ['hingeLoss', tf.losses.hingeLoss],
  ['huberLoss', tf.losses.huberLoss],
  ['logLoss', tf.losses.logLoss],
  ['meanSquaredError', tf.losses.meanSquaredError],
  ['sigmoidCrossEntropy', tf.losses.sigmoidCrossEntropy],
  ['cosineDistance', (a: tf.Tensor, b: tf.Tensor) => tf.losses.cosineDistance(a, b, 1)],
])('tf.losses.%s and its gradient', (_, loss) => {
  const labels = random([4, 3], 5).greater(0).toFloat();
  return expectSameAsEager(
    differentiated((predictions) => loss(labels, predictions) as tf.Tensor),
    [random([4, 3], 6, 0.1, 0.9)],
  );
});

test('softmax cross-entropy, log-softmax and log-sum-exp', () => {
  const labels = tf.oneHot(tf.tensor1d([0, 2, 1, 2], 'int32'), 3).toFloat();
  return expectSameAsEager(
    differentiated((logits) =>
      tf.losses
        .softmaxCrossEntropy(labels, logits)
        .add(logits.logSoftmax().mul(labels).sum())
        .add(logits.logSumExp(1).square().sum()),
    ),
    [random([4, 3], 7, -4, 4)],
  );
});

test('regularizers', () => {
  const [l1, both] = [tf.regularizers.l1({ l1: 0.1 }), tf.regularizers.l1l2({ l1: 0.2, l2: 0.3 })];
  return expectSameAsEager(
    differentiated((w) => l1.apply(w).add(both.apply(w))),
    [random([4, 3], 8)],
  );
});

test('moments, norms, clipping and logical helpers', () => {
  const keep = random([4, 6], 12).greater(0);
  return expectSameAsEager(
    differentiated((x) => {
      const { mean, variance } = tf.moments(x, 1, true);
      const normal = x.sub(mean).div(variance.add(1e-5).sqrt());
      return normal.mul(tf.norm(x)).clipByValue(-3, 3).where(keep, tf.zerosLike(x));
    }),
    [random([4, 6], 9)],
  );
});

test('a custom gradient, one that saves and one that needs the output', () => {
  const gelu = tf.customGrad((x, save) => {
    const cdf = (x as tf.Tensor).div(Math.SQRT2).erf().add(1).div(2);
    (save as tf.GradSaveFunc)([x as tf.Tensor, cdf]);
    return {
      value: (x as tf.Tensor).mul(cdf),
      gradFunc: (dy, saved) => {
        const [y, p] = saved as [tf.Tensor, tf.Tensor];
        const density = y
          .square()
          .div(-2)
          .exp()
          .div(Math.sqrt(2 * Math.PI));
        return (dy as tf.Tensor).mul(p.add(y.mul(density)));
      },
    };
  });
  const straightThrough = tf.customGrad((x) => ({
    value: (x as tf.Tensor).round(),
    gradFunc: (dy) => (dy as tf.Tensor).clone(),
  }));
  return expectSameAsEager(
    differentiated((x) => straightThrough(gelu(x).mul(4))),
    [random([3, 5], 10, -2, 2)],
  );
});

test('second derivatives', () =>
  expectSameAsEager(
    (x) =>
      tf.grad((y) =>
        tf
          .grad((z) => z.tanh().mul(z).sum())(y)
          .square(),
      )(x),
    [random([5], 11)],
  ));

test('results in every form: a tensor, a list, a record', async () => {
  const x = tf.tensor1d([1, 2]);
  await expectSameAsEager((y) => y.add(1), [x]);
  await expectSameAsEager((y) => [y.add(1), y.mul(2)], [x]);
  await expectSameAsEager((y) => ({ sum: y.sum(), maximum: y.max() }), [x]);
});

test('scalars, integers and booleans go in and out', () =>
  expectSameAsEager(
    (a, b, c) => [a.mul(2), b.add(1), c.logicalNot(), tf.cast(c, 'int32')],
    [tf.scalar(1.5), tf.tensor1d([1, -2], 'int32'), tf.tensor2d([[1, 0]], [1, 2], 'bool')],
  ));

test('results that are arguments, constants, captured tensors, or the same twice', () => {
  const captured = tf.tensor1d([5, 6, 7]);
  return expectSameAsEager(
    (x) => {
      const square = x.square();
      return [x, square, square, x.clone(), tf.tensor1d([3, 4]), tf.scalar(2, 'int32'), captured, x];
    },
    [tf.tensor1d([1, 2])],
  );
});

test('arguments that the function does not use, and functions without arguments', async () => {
  await expectSameAsEager((_, y) => y.neg(), [tf.scalar(1), tf.scalar(2)]);
  await expectSameAsEager(() => tf.tensor1d([1, 2]).sum(), []);
});
