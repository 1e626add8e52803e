import type * as tf from '@tensorflow/tfjs';
import { scaledCodes } from '../core/derived';
import { UserError } from '../core/errors';
import { sizeOf } from '../core/host-tensor';
import { keepMask } from '../wasm/kernels';
import { keyNow, Stream } from './stream';

/**
 * What dropout multiplies by: 0 with probability `rate`, else `scale`. It is a function of the clock and the stream alone, so the
 * bits are the same on every engine and after a resume.
 *
 * @param rate in (0, 1), or 0: nothing is dropped.
 * @param scale 1/(1 − rate) by default, which keeps the mean.
 */
export function dropoutMask(
  stream: Stream,
  shape: readonly number[],
  rate: number,
  scale = 1 / (1 - rate),
): tf.Tensor {
  const data = new Uint8Array(sizeOf(shape));
  const refresh = () => keepMask(data, keyNow(stream), rate);
  return scaledCodes({ name: `dropout of ${stream.name}`, dtype: 'uint8', shape, data, refresh }, scale);
}

/** @throws UserError unless the rate is a fraction in [0, 1). */
export function checkRate(rate: number, where: string): number {
  if (rate >= 0 && rate < 1) return rate;
  throw new UserError(`Expected a dropout rate in [0, 1) for ${where}, got ${rate}.`);
}
