import * as tf from '@tensorflow/tfjs';
import { trace } from '../../../lib/compile/trace';
import { weightsOf } from '../../../lib/core/weights';
import { layerNorm } from '../../../lib/models/layers/layer-norm';
import { expectSameAsEager } from '../../compile/close';
import { expectNoLeak } from '../../leaks';
import { expectClose, expectSameWithGradients, numbers } from '../compare';

function model(shape: number[], epsilon?: number): tf.LayersModel {
  const input = tf.input({ shape });
  return tf.model({
    inputs: input,
    outputs: layerNorm({ name: 'norm', epsilon }).apply(input) as tf.SymbolicTensor,
  });
}

function naive(x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor): tf.Tensor {
  const { mean, variance } = tf.moments(x, -1, true);
  return x.sub(mean).div(variance.add(1e-12).sqrt()).mul(gamma).add(beta);
}

describe('layerNorm', () => {
  it('gives mean 0 and variance 1 to begin with', () => {
    const y = model([4]).predict(tf.tensor2d([[1, 1, 3, 3]])) as tf.Tensor;
    expectClose(y, tf.tensor2d([[-1, -1, 1, 1]]));
  });

  it.each([[[5, 4]], [[2, 3, 8]], [[2, 2, 3, 6]]])('equals its formula with the gradients of %j', (shape) => {
    const layer = layerNorm({ name: 'norm' });
    layer.apply(tf.input({ shape: shape.slice(1) }));
    const width = shape.at(-1)!;
    const [gamma, beta] = layer.weights.map((weight) => weight.read() as tf.Variable);
    const actual = (x: tf.Tensor, g: tf.Tensor, b: tf.Tensor) => {
      layer.weights[0]!.read = () => g; // as an attached transform does
      layer.weights[1]!.read = () => b;
      return layer.apply(x) as tf.Tensor;
    };
    expect([gamma!.shape, beta!.shape]).toEqual([[width], [width]]);
    const inputs = [numbers(shape, 1, 3).add(1), numbers([width], 2), numbers([width], 3)];
    expectSameWithGradients(actual, naive, inputs);
  });

  it('trains its weights through variableGrads', () => {
    const norm = model([4]);
    const { grads } = tf.variableGrads(
      () => (norm.apply(numbers([3, 4], 1)) as tf.Tensor).square().sum() as tf.Scalar,
    );
    expect(Object.keys(grads).sort()).toEqual(
      weightsOf(norm)
        .map(({ variable }) => variable.name)
        .sort(),
    );
  });

  it('is one operator of a traced program in inference, and its parts in training', () => {
    const norm = model([2, 4]);
    const operators = (training: boolean) =>
      trace((x) => norm.apply(x!, { training }) as tf.Tensor, [{ shape: [3, 2, 4], dtype: 'float32' }]).graph
        .nodes;
    expect(operators(false).map(({ op }) => op)).toEqual(['LayerNormalization']);
    expect(operators(true).map(({ op }) => op)).toContain('ReduceMean');
  });

  it.each([true, false])(
    'has the same values and gradients in a traced program, training: %s',
    async (training) => {
      const norm = model([3, 8]);
      const pass = (x: tf.Tensor) => norm.apply(x, { training }) as tf.Tensor;
      const gradients = (x: tf.Tensor, dy: tf.Tensor) => {
        const loss = (y: tf.Tensor) => pass(y).mul(dy).sum();
        const { grads } = tf.variableGrads(() => loss(x).asScalar());
        return [pass(x), tf.grad(loss)(x), ...Object.values(grads)];
      };
      await expectSameAsEager(gradients, [numbers([2, 3, 8], 1, 3).add(1), numbers([2, 3, 8], 2)]);
    },
  );

  it('keeps a constant row finite', () => {
    const y = model([3]).predict(tf.fill([1, 3], 7)) as tf.Tensor;
    expect([...y.dataSync()]).toEqual([0, 0, 0]);
  });

  it('keeps epsilon through JSON', async () => {
    const copy = await tf.models.modelFromJSON(model([4], 0.25).toJSON(null, false) as never);
    const y = copy.predict(tf.tensor2d([[-1, -1, 1, 1]])) as tf.Tensor; // variance 1
    expectClose(y.max(), tf.scalar(1 / Math.sqrt(1.25)));
  });

  it('leaves no tensors behind', async () => {
    const norm = model([4]);
    const x = numbers([2, 4], 1);
    await expectNoLeak(() => tf.dispose(norm.apply(x) as tf.Tensor));
    await expectNoLeak(() => {
      const { value, grads } = tf.variableGrads(() => (norm.apply(x) as tf.Tensor).sum() as tf.Scalar);
      tf.dispose([value, grads]);
    });
  });
});
