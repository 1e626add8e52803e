import * as tf from '@tensorflow/tfjs';
import { trace } from '../../../lib/compile/trace';
import { gelu } from '../../../lib/models/layers/gelu';
import { expectSameAsEager } from '../../compile/close';
import { expectNoLeak } from '../../leaks';
import { expectClose, expectSameWithGradients, numbers } from '../compare';

const apply = (x: tf.Tensor) => gelu().apply(x) as tf.Tensor;

describe('gelu', () => {
  it('is x · Φ(x)', () => {
    // torch.nn.functional.gelu
    const expected = [-0.0040496, -0.1586553, 0, 0.3457312, 0.8413447, 2.9959505];
    expectClose(apply(tf.tensor1d([-3, -1, 0, 0.5, 1, 3])), tf.tensor1d(expected), 1e-6);
  });

  it.each([[[40]], [[3, 4, 5]]])('has the gradient of its formula for %j', (shape) => {
    const naive = (x: tf.Tensor) => x.mul(x.div(Math.SQRT2).erf().add(1)).div(2);
    expectSameWithGradients(apply, naive, [numbers(shape, 4, 2)]);
  });

  it('is one operator of a traced program in inference, and its parts in training', () => {
    const operators = (training: boolean) =>
      trace((x) => gelu().apply(x!, { training }) as tf.Tensor, [{ shape: [4], dtype: 'float32' }]).graph
        .nodes;
    expect(operators(false).map(({ op }) => op)).toEqual(['Gelu']);
    expect(operators(true).map(({ op }) => op)).toContain('Erf');
  });

  it.each([true, false])(
    'has the same values and gradient in a traced program, training: %s',
    async (training) => {
      const pass = (x: tf.Tensor) => gelu().apply(x, { training }) as tf.Tensor;
      await expectSameAsEager((x) => [pass(x), tf.grad(pass)(x)], [numbers([3, 40], 4, 2)]);
    },
  );

  it('has a finite gradient far from 0', () => {
    const gradient = tf.grad(apply)(tf.tensor1d([-1e4, -60, 60, 1e4]));
    expectClose(gradient, tf.tensor1d([0, 0, 1, 1]), 1e-7);
  });

  it('leaves no tensors behind', async () => {
    const x = numbers([8], 1);
    await expectNoLeak(() => apply(x).dispose());
    await expectNoLeak(() => tf.grad(apply)(x).dispose());
  });
});
