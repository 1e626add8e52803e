import type { EncodedIntegers } from './encoded-weight';
import type { Layout } from './layout';
import { LEAST_SCALE } from './qparams';
import { roundHalfToEven } from '../core/round';
import { codeRange, fixedZeroPoint, QuantSpec } from './spec';

/** Scales and zero points of the blocks of a weight, from the values as they are: `qparamsOf` of each block, on host arrays. */
export function blockQParams(
  values: Float32Array,
  layout: Layout,
  { spec, scales, zeroPoints }: Pick<EncodedIntegers, 'spec' | 'scales' | 'zeroPoints'>,
): void {
  const { lo, hi } = ranges(values, layout);
  for (let block = 0; block < layout.blocks; block++) {
    const { scale, zeroPoint } = qparamsOfRange(lo[block]!, hi[block]!, spec);
    scales[block] = scale;
    if (zeroPoints) zeroPoints[block] = zeroPoint;
  }
}

/** `qparamsOf` of one range, in host numbers: the same bits. */
export function qparamsOfRange(
  lo: number,
  hi: number,
  spec: QuantSpec,
): { scale: number; zeroPoint: number } {
  const [lowest, highest] = codeRange(spec);
  const { fround, max, min, abs } = Math;
  const [below, above] = [fround(min(lo, 0)), fround(max(hi, 0))];
  if (spec.symmetric) {
    const step = fround(max(abs(below), abs(above)) / ((highest - lowest) / 2));
    return { scale: step === 0 ? 1 : step, zeroPoint: fixedZeroPoint(spec) };
  }
  const scale = max(fround(fround(above - below) / (highest - lowest)), LEAST_SCALE);
  const zero = lowest - roundHalfToEven(fround(below / scale));
  return { scale, zeroPoint: min(max(zero, lowest), highest) };
}

/** Lowest and highest value of each block, 0 included; NaN where a value is. */
function ranges(values: Float32Array, layout: Layout): { lo: Float32Array; hi: Float32Array } {
  const [lo, hi] = [new Float32Array(layout.blocks), new Float32Array(layout.blocks)];
  const { rows, columns, firstOf, stepOf } = layout;
  for (let row = 0, i = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, i++) {
      const block = firstOf[row]! + stepOf[column]!;
      lo[block] = Math.min(lo[block]!, values[i]!);
      hi[block] = Math.max(hi[block]!, values[i]!);
    }
  }
  return { lo, hi };
}
