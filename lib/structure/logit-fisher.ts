import * as tf from '@tensorflow/tfjs';
import { gateSquares } from '../analysis/gate-gradients';
import { hostTensor } from '../core/host-tensor';
import type { Problem } from '../models/problem';
import { bertConfigOf } from '../models/bert-config-of';
import { bertGates } from './gates';
import type { Importance, UnlabelledBatches } from './importance';
import { measuredNeurons } from './measured-neurons';

/**
 * **Squared gradients of the gates by the logits** (after Kwon et al., 2022, arXiv:2204.09656, who take the loss's and so need labels): with a
 * multiplier ξ = 1 for each example i and unit u,
 *
 * `importance_u = Σ_i Σ_k (d(c_k · z_i) / dξ_iu)²`,
 *
 * over an orthonormal basis c of what the softmax of the logits z sees, their differences: of two classes `(z₁ - z₀) / √2`. Labels and numbers
 * of a regression are each by itself. It estimates how far all answers move without the unit, to first order.
 *
 * Of `dominantNeurons` a gradient tells nothing: what it estimates is measured, `Σ_i Σ_k (c_k · Δz_i)²` without the neuron, on the first 128
 * examples, times as many more as there are.
 *
 * @throws UserError for a model that was not built by `bert`, and without data.
 */
export async function logitFisher(model: tf.LayersModel, batches: UnlabelledBatches): Promise<Importance> {
  const { labels, problem } = bertConfigOf(model);
  const { gates, importance } = bertGates(model);
  const data = batches.map((xs) => ({
    xs,
    ys: hostTensor(new Int32Array(xs[0]!.shape[0]!), [xs[0]!.shape[0]!]),
  }));
  let total: readonly Float64Array[] | undefined;
  const contrasts = contrastsOf(labels, problem);
  for (const contrast of contrasts) {
    const loss = (logits: tf.Tensor): tf.Scalar =>
      tf.tidy(() => logits.mul(tf.tensor1d(contrast)).sum(-1).mean() as tf.Scalar);
    const squares = await gateSquares(model, gates, { data, loss });
    total = total?.map((each, i) => each.map((value, u) => value + squares[i]![u]!)) ?? squares;
  }
  const { heads, neurons } = importance(total!);
  const scores = neurons.map((each) => Float64Array.from(each));
  for (const { layer, unit, score } of await measuredNeurons(model, batches, contrasts)) {
    scores[layer]![unit] = score;
  }
  return { heads, neurons: scores };
}

/** Orthonormal directions of the outputs; of classes Helmert's, which leave out what adds the same to all. */
export function contrastsOf(outputs: number, problem: Problem): number[][] {
  const places = Array.from({ length: outputs }, (_, i) => i);
  if (problem !== 'single-label') return places.map((k) => places.map((i) => (i === k ? 1 : 0)));
  return places.slice(1).map((k) => {
    const length = Math.sqrt(k * (k + 1));
    return places.map((i) => (i < k ? -1 / length : i === k ? k / length : 0));
  });
}
