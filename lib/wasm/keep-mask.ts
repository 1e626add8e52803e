import { UserError } from '../core/errors';
import { placeOf } from './memory';
import { scratch } from './staging';

/** Draws have 16 bits. */
const LEVELS = 65536;

/**
 * Fills `out` with 1 where a random draw keeps an element, with probability 1 − rate, and 0 where it drops it. Element i is a
 * function of (key, i) alone, on every machine; streams of different keys are unrelated, however close the keys.
 *
 * @param out any length; in an arena's memory it is filled in place.
 * @param key an int32, usually from `streamKey` (lib/core/random.ts).
 * @param rate in [0, 1), taken to the nearest multiple of 2⁻¹⁶ below 1. 0 keeps everything.
 */
export function keepMask(out: Uint8Array, key: number, rate: number): void {
  if (!(rate >= 0 && rate < 1)) throw new UserError(`Expected a dropout rate in [0, 1), got ${rate}.`);
  const threshold = Math.min(LEVELS - 1, Math.round(rate * LEVELS));
  const { buffer, address, kernels } = placeOf(out) ?? scratch(out.length);
  kernels.keepMask(address, out.length, key, threshold);
  if (buffer !== out.buffer) out.set(new Uint8Array(buffer, address, out.length));
}
