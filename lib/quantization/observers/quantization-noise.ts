import { qparamsOfRange } from '../block-qparams';
import { codeRange, QuantSpec } from '../spec';
import { roundHalfToEven } from '../../core/round';
import type { Bins } from './float-histogram';
import type { HostRange } from './host-range';

/**
 * `Σ (x - x̂)²` of counted values that are quantized with a range, its scale and zero point as they will be: rounded to the nearest
 * multiple of the scale that has a code. Values are taken as spread over their bin evenly, which gives each bin an integral in closed
 * form, so that neither rounding in bins wider than a step nor clipping is approximated.
 */
export function quantizationNoise(bins: Bins, { lo, hi }: HostRange, spec: QuantSpec): number {
  const [lowest, highest] = codeRange(spec);
  const { scale, zeroPoint } = qparamsOfRange(lo, hi, spec);
  const [first, last] = [lowest - zeroPoint, highest - zeroPoint];
  const { from, to, counts } = bins;
  let noise = 0;
  let integral = noiseUpTo(from[0]! / scale, first, last);
  for (let bin = 0; bin < counts.length; bin++) {
    const a = from[bin]! / scale;
    const b = to[bin]! / scale;
    if (a === b) {
      noise += counts[bin]! * noiseAt(a, first, last);
      continue;
    }
    if (bin > 0 && from[bin] !== to[bin - 1]) integral = noiseUpTo(a, first, last);
    const upTo = noiseUpTo(b, first, last);
    noise += (counts[bin]! * (upTo - integral)) / (b - a);
    integral = upTo;
  }
  return noise * scale ** 2;
}

/** `(x - x̂)²` in squared steps, where x is in steps and x̂ the nearest whole number from `first` to `last`. */
function noiseAt(x: number, first: number, last: number): number {
  const error = x - nearest(x, first, last);
  return error * error;
}

/** The integral of `noiseAt` from 0: a twelfth for each whole step, a cube for the rest, which beyond the last code goes on. */
function noiseUpTo(x: number, first: number, last: number): number {
  const code = nearest(x, first, last);
  const rest = x - code;
  return code / 12 + (rest * rest * rest) / 3; // not `** 3`, which is a good deal slower
}

function nearest(x: number, first: number, last: number): number {
  if (x <= first) return first;
  return x >= last ? last : roundHalfToEven(x);
}
