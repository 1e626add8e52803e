import { sizeOf } from '../core/host-tensor';
import { largestSize, MOST_STEPS, quantizeColumns, quantizeRows } from '../wasm/kernels';
import { isPlain, matrixOfBlocks } from './matrix-form';
import { codeRange, QuantSpec } from './spec';

/** Where codes and scales go: one of each value, one of each block. */
export interface PlainTarget {
  readonly spec: QuantSpec;
  readonly shape: readonly number[];
  readonly codes: Int8Array;
  readonly scales: Float32Array;
}

/**
 * Codes and scales by the WebAssembly kernels, at billions of weights a second, for plain specs whose blocks are the rows or columns
 * of matrices: a whole weight, or each of its groups.
 *
 * @param givenScales whether the scales are there already.
 * @returns whether it was one.
 */
export function encodePlain(
  { spec, shape, codes, scales }: PlainTarget,
  values: Float32Array,
  givenScales: boolean,
): boolean {
  if (!isPlain(spec) || (givenScales && !isWithinSteps(values, scales))) return false;
  const [, limit] = codeRange(spec);
  const matrix = matrixOfBlocks(shape, spec);
  if (matrix) {
    const kernel = matrix.axis === 0 ? quantizeRows : quantizeColumns;
    kernel(values, codes, scales, { ...matrix, limit, givenScales });
    return true;
  }
  const groups = groupsOf(shape, spec);
  if (!groups) return false;
  groups.forEach(({ rows, columns, kernel, value, scale, count }) => {
    const part = [value, value + rows * columns] as const;
    kernel(values.subarray(...part), codes.subarray(...part), scales.subarray(scale, scale + count), {
      rows,
      columns,
      limit,
      givenScales,
    });
  });
  return true;
}

/** Whether the kernels can count the steps in every value. */
function isWithinSteps(values: Float32Array, scales: Float32Array): boolean {
  const least = scales.reduce((smallest, scale) => Math.min(smallest, scale), Infinity);
  return largestSize(values) < MOST_STEPS * least;
}

/** A matrix inside of a weight, and where its values and scales begin. */
interface Part {
  readonly rows: number;
  readonly columns: number;
  readonly kernel: typeof quantizeRows;
  readonly value: number;
  readonly scale: number;
  readonly count: number;
}

/** Groups along the first axis are matrices one below the other; along the last axis, where they divide it, rows of one. */
function groupsOf(shape: readonly number[], { granularity }: QuantSpec): Part[] | undefined {
  if (shape.length !== 2) return undefined;
  const [length, width] = shape as [number, number];
  const [size, across] = granularity.block(shape) as [number, number];
  if (size > 1 && across > 1) return undefined;
  if (across > 1) {
    if (width % across > 0) return undefined;
    const rows = sizeOf(shape) / across;
    return [{ rows, columns: across, kernel: quantizeRows, value: 0, scale: 0, count: rows }];
  }
  return Array.from({ length: Math.ceil(length / size) }, (_, group) => ({
    rows: Math.min(size, length - group * size),
    columns: width,
    kernel: quantizeColumns,
    value: group * size * width,
    scale: group * width,
    count: width,
  }));
}
