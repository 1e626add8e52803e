import { UserError } from '../../core/errors';
import { GradientOptions, gradientsOf } from './gradients';
import type { Change, Measure } from './measure';

/**
 * **Empirical Fisher information**: what the training loss is expected to rise by, to the second order and with the diagonal of the
 * Fisher information F in the place of the Hessian:
 *
 *     ½ Σ_i F_i (ŵ_i − w_i)²     F_i = mean over batches of (∂L/∂w_i)²
 *
 * for a weight w and what stands for it, ŵ. With one example in a batch F is the empirical Fisher information itself (SqueezeLLM, Kim
 * et al., 2023, arXiv:2306.07629; FIT, Zandonati et al., 2022, arXiv:2210.08502); larger batches, being faster, see the gradients of
 * their means, which are smaller, about alike for all layers. It sees errors of weights, not of activations.
 *
 * @throws UserError (when it is opened) without data, or for a loss that is not finite or does not depend on a weight.
 */
export function fisher({ data, loss }: GradientOptions): Measure {
  return {
    name: 'Fisher information',
    async open(subject) {
      const sums = subject.weights.map(({ variable }) => new Float64Array(variable.size));
      const gradients = gradientsOf(subject, loss);
      let batches = 0;
      try {
        for await (const batch of data) {
          (await gradients.of(batch)).forEach((gradient, i) => addSquares(sums[i]!, gradient));
          batches++;
        }
      } finally {
        await gradients.dispose();
      }
      if (batches === 0)
        throw new UserError(
          `Expected at least one batch for the gradients of "${subject.model.name}", got none.`,
        );
      const squares = new Map(subject.weights.map(({ path }, i) => [path, sums[i]!]));
      const rise = (change: Change) => weightedError(change, squares.get(change.path)!) / (2 * batches);
      return { lossOf: async (changes) => changes.reduce((sum, change) => sum + rise(change), 0) };
    },
  };
}

function addSquares(sums: Float64Array, values: Float32Array): void {
  for (let i = 0; i < sums.length; i++) sums[i]! += values[i]! ** 2;
}

function weightedError({ before, after }: Change, factors: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < factors.length; i++) sum += factors[i]! * (after[i]! - before[i]!) ** 2;
  return sum;
}
