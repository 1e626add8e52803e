import { UserError } from '../core/errors';
import { sizeOf } from '../core/host-tensor';
import { quantizeColumns, quantizeRows } from '../wasm/kernels';

/** A matrix as symmetric int8 codes: `w[i, j] = scales[axis === 0 ? i : j] · codes[i, j]`. */
export interface WeightCodes {
  readonly shape: readonly [rows: number, columns: number];
  /** [rows, columns], in [-127, 127]. */
  readonly codes: Int8Array;
  /** One per index of `axis`. */
  readonly scales: Float32Array;
  readonly axis: 0 | 1;
}

/**
 * Room for the codes of a matrix; `updateCodes` fills it.
 *
 * @param axis 1: a scale per column (a dense kernel's output channel); 0: per row (an embedding).
 */
export function makeCodes(shape: readonly number[], axis: 0 | 1): WeightCodes {
  if (shape.length !== 2) {
    throw new UserError(`Expected a matrix to quantize to int8 codes, got shape [${shape.join(', ')}].`);
  }
  const [rows, columns] = shape as [number, number];
  const scales = new Float32Array(axis === 0 ? rows : columns);
  return { shape: [rows, columns], codes: new Int8Array(sizeOf(shape)), scales, axis };
}

/**
 * Codes and scales of the weights as they are now, in place: `scale = max|w| / 127` (1 where all are 0), rounding half to even.
 * The same numbers as `quantize` with `int8(perAxis(axis))`, at billions of weights a second.
 */
export function updateCodes({ shape, codes, scales, axis }: WeightCodes, weights: Float32Array): void {
  const kernel = axis === 0 ? quantizeRows : quantizeColumns;
  kernel(weights, codes, scales, ...shape);
}

/** The numbers that the codes stand for: the fake-quantized weights, bit for bit. */
export function decode({ shape, codes, scales, axis }: WeightCodes): Float32Array {
  const [rows, columns] = shape;
  const weights = new Float32Array(codes.length);
  for (let i = 0, at = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++, at++) weights[at] = codes[at]! * scales[axis === 0 ? i : j]!;
  }
  return weights;
}
