import type * as tf from '@tensorflow/tfjs';
import type { Skipped } from '../../compress/prepared';
import { UserError } from '../../core/errors';
import type { Link } from './link';
import { raiseRanges, scaleChannels, Slot } from './slot';
import type { WeightValues } from './values';

/** Channels that were scaled. */
export interface ScaledPair {
  /** Path of the layer that makes them; of a weight, between two products of one layer. */
  readonly from: string;
  /** Paths of what takes them. */
  readonly to: readonly string[];
  /** What each channel was divided by in `from`, and multiplied by in `to`; 1 where it was left alone. */
  readonly scales: Float64Array;
}

/** Divides the channels of a link by s where they are made, and multiplies them by it where they are taken. */
export function rescale({ divided, multiplied }: Link, scales: Float64Array, values: WeightValues): void {
  const inverse = scales.map((scale) => 1 / scale);
  divided.forEach((slot) => scaleChannels(slot, values.of(slot.weight), inverse));
  multiplied.forEach((slot) => scaleChannels(slot, values.of(slot.weight), scales));
}

/** `max |w|` of each channel over some slots; what is only added does not count. */
export function rangesOf(slots: readonly Slot[], channels: number, values: WeightValues): Float64Array {
  const ranges = new Float64Array(channels);
  slots
    .filter(({ multiplies }) => multiplies)
    .forEach((slot) => raiseRanges(slot, values.of(slot.weight), ranges));
  return ranges;
}

/** @throws UserError for a model without links, with the reasons. */
export function expectLinks(
  { name }: tf.LayersModel,
  links: readonly Link[],
  skipped: readonly Skipped[],
  what: string,
): void {
  if (links.length > 0) return;
  const reasons = skipped.map(({ path, why }) => `${path}: ${why}`).join('; ');
  throw new UserError(
    `Expected ${what} in "${name}", found none (${reasons || 'it has no layers that make channels'}).`,
  );
}
