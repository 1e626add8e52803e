import { UserError } from '../core/errors';
import { placeOf } from './memory';
import { scratch } from './staging';

/**
 * Fills `out` with draws from the normal distribution. Element i is a function of (key, i) alone, on every machine; streams of different
 * keys are unrelated, however close the keys. Draws lie within 5.42 standard deviations, beyond which one of 17 million would.
 *
 * @param out any length; in an arena's memory it is filled in place.
 * @param key an int32, usually from `streamKey` (lib/core/random.ts).
 * @param stddev the standard deviation, at least 0.
 * @throws UserError unless mean and standard deviation are finite, and the latter is at least 0.
 */
export function normals(out: Float32Array, key: number, mean: number, stddev: number): void {
  if (!(stddev >= 0 && Number.isFinite(stddev) && Number.isFinite(mean))) {
    throw new UserError(
      `Expected a finite mean and a finite standard deviation of at least 0, got ${mean} and ${stddev}.`,
    );
  }
  const { buffer, address, kernels } = placeOf(out) ?? scratch(out.byteLength);
  kernels.normals(address, out.length, key, mean, stddev);
  if (buffer !== out.buffer) out.set(new Float32Array(buffer, address, out.length));
}
