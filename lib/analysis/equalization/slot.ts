import type { Weight } from '../../core/weights';

/** Where a weight has the channels of a tensor: along an axis, or several that follow one another. */
export interface Slot {
  readonly weight: Weight;
  /** Of the weight's shape. */
  readonly axes: readonly number[];
  /** Whether its values are multiplied with the tensor, and so have a range that counts; biases and shifts are added. */
  readonly multiplies: boolean;
}

/** How many channels a slot has. */
export function sizeOfSlot({ weight: { variable }, axes }: Slot): number {
  return axes.reduce((product, axis) => product * variable.shape[axis]!, 1);
}

/** The largest magnitude of each channel, raised in place; a slot of n · channels, behind a flattening, has channel i at i, i + channels, … */
export function raiseRanges(slot: Slot, values: Float64Array, ranges: Float64Array): void {
  eachRun(slot, values.length, (channel, from, to) => {
    const at = channel % ranges.length;
    let range = ranges[at]!;
    for (let i = from; i < to; i++) range = Math.max(range, Math.abs(values[i]!));
    ranges[at] = range;
  });
}

/** Multiplies each channel by its factor, in place. */
export function scaleChannels(slot: Slot, values: Float64Array, factors: Float64Array): void {
  eachRun(slot, values.length, (channel, from, to) => {
    const factor = factors[channel % factors.length]!;
    for (let i = from; i < to; i++) values[i] = values[i]! * factor + 0; // a pruned 0 stays 0, and no −0, by a negative factor too
  });
}

/** Runs of neighbouring values of one channel. */
function eachRun(
  slot: Slot,
  length: number,
  visit: (channel: number, from: number, to: number) => void,
): void {
  const { shape } = slot.weight.variable;
  const channels = sizeOfSlot(slot);
  const run = shape.slice(slot.axes.at(-1)! + 1).reduce((product, size) => product * size, 1);
  for (let from = 0, index = 0; from < length; from += run, index++) {
    visit(index % channels, from, from + run);
  }
}
