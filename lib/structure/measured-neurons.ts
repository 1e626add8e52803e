import type * as tf from '@tensorflow/tfjs';
import type { HostTensor } from '../core/host-tensor';
import { bertConfigOf } from '../models/bert-config-of';
import { dominantNeurons, Neuron } from './dominant-neurons';
import { firstExamples } from './first-examples';
import { bertGates } from './gates';
import { onlyNeurons, UnlabelledBatches } from './importance';
import { leavingOut } from './scores/leaving-out';

/** Examples that neurons are left out on. */
const MEASURED = 128;

/** A neuron, and how far the answers move without it. */
export interface MeasuredNeuron extends Neuron {
  readonly score: number;
}

/**
 * How far the answers move without each of the `dominantNeurons`, one at a time: `Σ_i Σ_k (c_k · Δz_i)²` on the first 128 examples, times as many
 * more as there are.
 *
 * @param contrasts c, orthonormal directions of the outputs.
 */
export async function measuredNeurons(
  model: tf.LayersModel,
  batches: UnlabelledBatches,
  contrasts: readonly number[][],
): Promise<MeasuredNeuron[]> {
  const some = firstExamples(batches, MEASURED);
  const share = examplesOf(some) / examplesOf(batches);
  const neurons = await dominantNeurons(model, some);
  if (neurons.length === 0) return [];
  const { intermediateSize } = bertConfigOf(model);
  const answers = leavingOut(model, bertGates(model, onlyNeurons).gates);
  const scores = neurons.map(() => 0);
  try {
    for (const xs of some) {
      const whole = await answers(xs);
      for (const [i, { layer, unit }] of neurons.entries()) {
        const before = intermediateSize.slice(0, layer).reduce((sum, size) => sum + size, 0);
        scores[i]! += squaredChange(contrasts, whole, await answers(xs, before + unit));
      }
    }
  } finally {
    await answers.dispose();
  }
  return neurons.map((neuron, i) => ({ ...neuron, score: scores[i]! / share }));
}

const examplesOf = (batches: UnlabelledBatches): number =>
  batches.reduce((sum, [xs]) => sum + xs!.shape[0]!, 0);

/** `Σ_i Σ_k (c_k · (ẑ_i - z_i))²`. */
function squaredChange(contrasts: readonly number[][], z: HostTensor, other: HostTensor): number {
  const outputs = z.shape.at(-1)!;
  let total = 0;
  for (let at = 0; at < z.data.length; at += outputs) {
    for (const contrast of contrasts) {
      total += contrast.reduce((sum, c, k) => sum + c * (other.data[at + k]! - z.data[at + k]!), 0) ** 2;
    }
  }
  return total;
}
