import * as tf from '@tensorflow/tfjs';
import { joinInto } from '../../analysis/statistics';
import { jit } from '../../compile/jit';
import { UserError } from '../../core/errors';
import { HostTensor, hostOf } from '../../core/host-tensor';
import { revisionOf } from '../../core/revision';
import type { UnlabelledBatches } from '../importance';

/** A compiled function of a model and what it takes. */
export interface Passes {
  /** @returns what the function gives, in host memory. */
  (inputs: readonly HostTensor[]): Promise<HostTensor[]>;
  dispose(): Promise<void>;
}

/** Compiles a function of tensors that applies a model, which is left as it is. */
export function passesOf(model: tf.LayersModel, body: (...inputs: tf.Tensor[]) => tf.Tensor[]): Passes {
  const program = jit((...inputs: tf.Tensor[]) => tf.tidy(() => body(...inputs)), {
    revision: () => revisionOf(model),
  });
  const run = async (inputs: readonly HostTensor[]): Promise<HostTensor[]> => {
    const tensors = inputs.map(({ data, shape, dtype }) => tf.tensor(data, shape, dtype));
    const outputs = await program(...tensors);
    const found = outputs.map(hostOf);
    tf.dispose([...outputs, ...tensors]);
    return found;
  };
  return Object.assign(run, { dispose: () => program.dispose() });
}

/**
 * Sums of what a function gives for each batch, number by number, in double precision.
 *
 * @throws UserError without batches.
 */
export async function summedOver(
  model: tf.LayersModel,
  batches: UnlabelledBatches,
  body: (xs: readonly tf.Tensor[]) => tf.Tensor[],
): Promise<Float64Array[]> {
  const passes = passesOf(model, (...xs) => body(xs));
  let totals: Float64Array[] | undefined;
  try {
    for (const xs of batches) {
      const found = await passes(xs);
      if (totals) totals.forEach((total, i) => joinInto('sum', total, found[i]!.data));
      else totals = found.map(({ data }) => Float64Array.from(data));
    }
  } finally {
    await passes.dispose();
  }
  if (!totals) throw new UserError('Expected at least one batch to score by, got none.');
  return totals;
}
