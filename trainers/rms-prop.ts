import { configured } from '../lib/core/config';
import { elementwise, type WeightRule } from './elementwise';
import { createOptimizer, expectRange, type Optimizer } from './optimizer';

/** Options of {@link rmsProp}. */
export interface RmsPropOptions {
  /** Share of the moving average of the squared gradient that a step keeps, in [0, 1). Default 0.9. */
  readonly decay?: number;
  /** Share of the last change of a weight that the next one keeps, in [0, 1). Default 0. */
  readonly momentum?: number;
  /** Added to the average, under the root. Default 1e-7. */
  readonly epsilon?: number;
  /** Divide by the root of the gradient's variance instead of its mean square. Default false. */
  readonly centered?: boolean;
}

/**
 * RMSProp (Tieleman & Hinton 2012), as `tf.train.rmsprop` computes it, the learning rate inside of the momentum:
 *
 *     ms = decay · ms + (1 − decay) · g²,   with `centered` also mg = decay · mg + (1 − decay) · g
 *     change = momentum · change + learningRate · g / √(ms + epsilon),   with `centered` √(ms − mg² + epsilon)
 *     w = w − change
 *
 * Centered, tfjs 4.22 subtracts epsilon instead, which makes each weight whose gradient is 0 NaN.
 *
 * @throws UserError for an option out of its range.
 * @example train({ optimizer: rmsProp({ momentum: 0.9 }), ... })
 */
export function rmsProp(options: RmsPropOptions = {}): Optimizer {
  const { decay = 0.9, momentum = 0, epsilon = 1e-7, centered = false } = options;
  expectRange('rmsProp', { decay, momentum }, 1);
  expectRange('rmsProp', { epsilon }, Infinity);
  const rule: WeightRule = ({ weights, slots: [ms, change, mg] }, i, g, learningRate) => {
    ms![i] = decay * ms![i]! + (1 - decay) * g * g;
    if (mg) mg[i] = decay * mg[i]! + (1 - decay) * g;
    const spread = Math.max(0, ms![i]! - (mg ? mg[i]! ** 2 : 0)); // rounding may take a variance of 0 below it
    change![i] = momentum * change![i]! + (g === 0 ? 0 : (learningRate * g) / Math.sqrt(spread + epsilon));
    weights[i]! -= change![i]!;
  };
  const slots = ['ms', 'change', ...(centered ? ['mg'] : [])];
  const steps = createOptimizer('rmsProp', slots, elementwise(rule));
  return configured(steps, 'rmsProp', { decay, momentum, epsilon, centered });
}
