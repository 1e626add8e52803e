import * as tf from '@tensorflow/tfjs';
import { jit } from '../compile/jit';
import { UserError } from '../core/errors';
import { forwardThrough } from '../core/forward';
import type { HostTensor } from '../core/host-tensor';
import { revisionOf } from '../core/revision';
import type { Prepared } from './prepared';

export interface CalibrateOptions {
  /** Run the model compiled; false runs it op by op on tfjs's current backend, for observers that cannot be traced. Default true. */
  readonly compiled?: boolean;
}

/**
 * Finds the ranges of activations on data, without training: inference with all quantizers in mode `observe`, so without dropout and
 * without rounding. Afterwards they quantize with what was found.
 *
 * @param data inputs of the model, batch by batch: `[xs]` for each, in the order of its inputs.
 * @throws UserError for no data; then, as after any failure, the modes are what they were.
 *
 * @example
 * const prepared = prepare(model, staticInt8({ input: () => minMax() }));
 * await calibrate(prepared, [[hostTensor(images, [32, 28, 28, 1])]]);
 * const compressed = convert(prepared);
 */
export async function calibrate(
  prepared: Prepared,
  data: Iterable<readonly HostTensor[]> | AsyncIterable<readonly HostTensor[]>,
  { compiled = true }: CalibrateOptions = {},
): Promise<void> {
  const quantizers = [...prepared.weights.values(), ...prepared.inputs.values()];
  const before = quantizers.map(({ mode }) => mode);
  prepared.setMode('observe');
  try {
    await watch(prepared.model, data, compiled);
    prepared.setMode('quantize');
  } catch (error) {
    quantizers.forEach((quantizer, i) => (quantizer.mode = before[i]!));
    throw error;
  }
}

async function watch(
  model: tf.LayersModel,
  data: Parameters<typeof calibrate>[1],
  compiled: boolean,
): Promise<void> {
  const pass = (...xs: tf.Tensor[]) => forwardThrough(model, xs, { pass: 'calibration', layers: [] })[0];
  const program = compiled ? jit(pass, { revision: () => revisionOf(model) }) : undefined;
  let batches = 0;
  try {
    for await (const batch of data) {
      const xs = batch.map(({ data: values, shape, dtype }) => tf.tensor(values, shape, dtype));
      const output = program ? await program(...xs) : tf.tidy(() => pass(...xs));
      tf.dispose([output, ...xs]);
      batches++;
    }
  } finally {
    await program?.dispose();
  }
  if (batches === 0) throw new UserError(`Expected data to calibrate "${model.name}" on, got none.`);
}
