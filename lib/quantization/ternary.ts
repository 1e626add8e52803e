import type { EncodedWeight } from './encoded-weight';
import { forEachValue, Layout } from './layout';
import type { Codes } from './pack';

/** Of the mean size of a block's values: what is smaller becomes 0. Near the best for normal and for uniform weights. */
export const THRESHOLD = 0.7;

/** Codes and scales of ternary weights (see `ternary()`), from the values as they are. */
export function encodeTernary(
  values: Float32Array,
  layout: Layout,
  { scales }: Pick<EncodedWeight, 'scales'>,
  codes: Codes,
): void {
  const thresholds = meansOf(values, layout, () => true).map((mean) => THRESHOLD * mean);
  forEachValue(layout, (i, block) => {
    const value = values[i]!;
    codes[i] = Math.abs(value) > thresholds[block]! ? Math.sign(value) : 0;
  });
  const sizes = meansOf(values, layout, (i) => codes[i] !== 0);
  for (let block = 0; block < sizes.length; block++) {
    const isFinite = Number.isFinite(thresholds[block]);
    scales[block] = isFinite ? sizes[block]! || 1 : NaN;
  }
}

/** The mean size of those values of each block that count; 0 where none does. */
function meansOf(values: Float32Array, layout: Layout, counts: (index: number) => boolean): Float64Array {
  const [sums, numbers] = [new Float64Array(layout.blocks), new Float64Array(layout.blocks)];
  forEachValue(layout, (i, block) => {
    if (!counts(i)) return;
    sums[block]! += Math.abs(values[i]!);
    numbers[block]!++;
  });
  return sums.map((sum, block) => (numbers[block] === 0 ? 0 : sum / numbers[block]!));
}
