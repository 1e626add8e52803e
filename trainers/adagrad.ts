import { configured } from '../lib/core/config';
import { elementwise, type WeightRule } from './elementwise';
import { createOptimizer, expectRange, type Optimizer } from './optimizer';

export interface AdagradOptions {
  /** What the sum of squared gradients begins with. Default 0.1. */
  readonly initialAccumulator?: number;
  /** Added to the sum, under the root. Default 1e-7. */
  readonly epsilon?: number;
}

/**
 * AdaGrad (Duchi, Hazan & Singer 2011), as `tf.train.adagrad` computes it:
 *
 *     sum = sum + g²
 *     w = w − learningRate · g / √(initialAccumulator + sum + epsilon)
 *
 * @throws UserError for an option out of its range.
 * @example train({ optimizer: adagrad(), learningRate: constantRate(0.01), ... })
 */
export function adagrad({ initialAccumulator = 0.1, epsilon = 1e-7 }: AdagradOptions = {}): Optimizer {
  expectRange('adagrad', { initialAccumulator, epsilon }, Infinity);
  const rule: WeightRule = ({ weights, slots: [sum] }, i, g, learningRate) => {
    sum![i] = sum![i]! + g * g;
    if (g !== 0) weights[i]! -= (learningRate * g) / Math.sqrt(initialAccumulator + sum![i]! + epsilon);
  };
  const steps = createOptimizer('adagrad', ['sum'], elementwise(rule));
  return configured(steps, 'adagrad', { initialAccumulator, epsilon });
}
