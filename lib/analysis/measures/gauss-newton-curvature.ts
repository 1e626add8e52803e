import * as tf from '@tensorflow/tfjs';
import { jit } from '../../compile/jit';
import { UserError } from '../../core/errors';
import { HostTensor, hostOf } from '../../core/host-tensor';
import { Curvature, CurvatureOf, derivativeAlong, dot } from './curvature';
import { expectFinite, GradientOptions } from './gradients';

/**
 * The generalized Gauss–Newton matrix `Jᵀ (∂²L/∂z²) J` (Schraudolph, 2002), with J the derivatives of the model's answers z by the
 * weights: `vᵀ C v = uᵀ (∂²L/∂z²) u` for `u = Jv`. Both derivatives are differences, the second one of the loss's gradient by the answers, so
 * that nothing is differentiated by weights.
 */
export const gaussNewtonCurvature: CurvatureOf = (subject, loss): Curvature => {
  const slopes = slopesOf(loss, subject.model.name);
  return {
    async along({ xs, ys }, _, direction) {
      const answer = async () => (await subject.answer(xs)).data as Float32Array;
      const u = await derivativeAlong(direction, answer);
      const z = await subject.answer(xs);
      const [size, speed] = [rootMeanSquare(z.data) || 1, rootMeanSquare(u)];
      if (speed === 0) {
        await slopes.at(z, ys);
        return 0;
      }
      const step = (STEP * size) / speed;
      const moved = (side: 1 | -1): HostTensor => ({
        ...z,
        data: Float32Array.from(z.data, (value, i) => value + side * step * u[i]!),
      });
      const [ahead, behind] = [await slopes.at(moved(1), ys), await slopes.at(moved(-1), ys)];
      return (dot(u, ahead) - dot(u, behind)) / (2 * step);
    },
    dispose: () => slopes.dispose(),
  };
};

/** How far answers are moved, as a share of their root mean square: a difference of numbers in float32 is then right to about 1e-4. */
const STEP = 0.01;

/** Gradients of a loss by the predictions. */
function slopesOf(loss: GradientOptions['loss'], name: string) {
  const program = jit((z: tf.Tensor, ys: tf.Tensor): tf.Tensor[] => {
    const { value, grads } = tf.engine().gradients(() => loss(z, ys), [z], undefined, true);
    return [value, gradientIn(grads[0], name)];
  });
  return {
    async at(predictions: HostTensor, labels: HostTensor): Promise<Float32Array> {
      const inputs = [predictions, labels].map(({ data, shape, dtype }) => tf.tensor(data, shape, dtype));
      const [value, slope] = (await program(...(inputs as [tf.Tensor, tf.Tensor]))) as [tf.Tensor, tf.Tensor];
      const [atPlace, values] = [value, slope].map((each) => hostOf(each).data as Float32Array);
      tf.dispose([value, slope, ...inputs]);
      expectFinite(atPlace![0]!, name);
      return values!;
    },
    dispose: () => program.dispose(),
  };
}

function gradientIn(gradient: tf.Tensor | null | undefined, name: string): tf.Tensor {
  if (gradient) return gradient;
  throw new UserError(
    `Expected a loss that depends on the predictions of "${name}", to measure what errors cost, but it does not.`,
  );
}

function rootMeanSquare(values: ArrayLike<number>): number {
  return Math.sqrt(dot(values, values) / values.length);
}
