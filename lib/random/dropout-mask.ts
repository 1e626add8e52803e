import type * as tf from '@tensorflow/tfjs';
import { clock } from '../../core/clock';
import { scaledCodes } from '../../core/derived';
import { UserError } from '../../core/errors';
import { sizeOf } from '../../core/host-tensor';
import { streamKey } from '../../core/random';
import { keepMask } from '../../wasm/kernels';

/**
 * What dropout multiplies by: 0 with probability `rate`, else 1/(1 − rate). It is a function of the clock's seed and tick and
 * of the layer's name alone, so the bits are the same on every engine and after a resume.
 */
export function dropoutMask(layer: string, shape: readonly number[], rate: number): tf.Tensor {
  const data = new Uint8Array(sizeOf(shape));
  const refresh = () => {
    const { seed, tick } = clock();
    keepMask(data, streamKey(seed, tick, layer), rate);
  };
  return scaledCodes({ name: `dropout of ${layer}`, dtype: 'uint8', shape, data, refresh }, 1 / (1 - rate));
}

/** @throws UserError unless the rate is a fraction in [0, 1). */
export function checkRate(rate: number, where: string): number {
  if (rate >= 0 && rate < 1) return rate;
  throw new UserError(`Expected a dropout rate in [0, 1) for ${where}, got ${rate}.`);
}
