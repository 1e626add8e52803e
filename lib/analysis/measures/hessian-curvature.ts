import { Curvature, CurvatureOf, derivativeAlong, dot } from './curvature';
import { gradientsOf } from './gradients';

/**
 * The Hessian H of the loss: `Hv` is the derivative of the gradient along v, by a difference, because not every layer's gradient can be
 * differentiated again.
 */
export const hessianCurvature: CurvatureOf = (subject, loss): Curvature => {
  const gradients = gradientsOf(subject, loss);
  return {
    async along(batch, weight, direction) {
      const gradient = async () => (await gradients.of(batch))[weight]!;
      return dot(direction.signs, await derivativeAlong(direction, gradient));
    },
    dispose: () => gradients.dispose(),
  };
};
