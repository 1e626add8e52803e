import * as tf from '@tensorflow/tfjs';
import type { GatherData, GatherOptions } from '../../analysis/gather';
import type { RowSelector } from '../../analysis/record';
import { UserError } from '../../core/errors';
import { HostTensor, readHost } from '../../core/host-tensor';
import type { QuantizerMode } from '../../quantization/transforms/quantizer';
import type { Prepared } from '../prepared';

/** How a model is watched on calibration data. */
export interface CalibrationOptions extends GatherOptions {
  /**
   * Which rows of a layer's input count: padding is to be left out. Default: all.
   *
   * @example ([, attentionMask], x) => (x.rank === 3 ? attentionMask : undefined)
   */
  readonly rows?: RowSelector;
}

/** Batches, to be read more than once. */
export type Batches = readonly (readonly HostTensor[])[];

/** All of some data, copied. @throws UserError for none. */
export async function batchesOf({ model }: Prepared, data: GatherData): Promise<Batches> {
  const batches: HostTensor[][] = [];
  for await (const batch of data) batches.push(await Promise.all(batch.map(copied)));
  if (batches.length > 0) return batches;
  throw new UserError(`Expected batches of data to repair "${model.name}" on, got none.`);
}

async function copied(x: HostTensor | tf.Tensor): Promise<HostTensor> {
  const { data, shape, dtype } = x instanceof tf.Tensor ? await readHost(x) : x;
  return { data: data.slice(), shape, dtype };
}

/** Runs `body` on the float model, with all quantizers off. */
export function unquantized<T>(prepared: Prepared, body: () => Promise<T>): Promise<T> {
  return turnedOff([...prepared.weights.values(), ...prepared.inputs.values()], body);
}

/** Runs `body` on the model whose weights alone are quantized. */
export function withoutInputs<T>(prepared: Prepared, body: () => Promise<T>): Promise<T> {
  return turnedOff([...prepared.inputs.values()], body);
}

async function turnedOff<T>(
  quantizers: readonly { mode: QuantizerMode }[],
  body: () => Promise<T>,
): Promise<T> {
  const modes = quantizers.map(({ mode }) => mode);
  quantizers.forEach((quantizer) => (quantizer.mode = 'off'));
  try {
    return await body();
  } finally {
    quantizers.forEach((quantizer, i) => (quantizer.mode = modes[i]!));
  }
}
