import type { EncodedWeight } from './encoded-weight';
import type { Layout } from './layout';
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
  const thresholds = meansAbove(values, layout, new Float64Array(layout.blocks).fill(-1)).map(
    (mean) => THRESHOLD * mean,
  );
  const means = meansAbove(values, layout, thresholds);
  for (let block = 0; block < means.length; block++) {
    scales[block] = Number.isFinite(thresholds[block]) ? means[block]! || 1 : NaN;
  }
  const { rows, columns, firstOf, stepOf } = layout;
  for (let row = 0, i = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, i++) {
      const threshold = thresholds[firstOf[row]! + stepOf[column]!]!;
      const value = values[i]!;
      codes[i] = value > threshold ? 1 : value < -threshold ? -1 : 0;
    }
  }
}

/** The mean size of those values of each block whose size is above the block's threshold; 0 where none is, NaN where a value is. */
function meansAbove(
  values: Float32Array,
  { rows, columns, blocks, firstOf, stepOf }: Layout,
  thresholds: Float64Array,
): Float64Array {
  const [sums, numbers] = [new Float64Array(blocks), new Float64Array(blocks)];
  for (let row = 0, i = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, i++) {
      const block = firstOf[row]! + stepOf[column]!;
      const size = Math.abs(values[i]!);
      if (size <= thresholds[block]!) continue;
      sums[block]! += size;
      numbers[block]!++;
    }
  }
  return sums.map((sum, block) => (numbers[block] === 0 ? 0 : sum / numbers[block]!));
}
