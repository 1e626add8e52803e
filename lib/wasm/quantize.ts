import { STAGING, type Place } from './memory';
import { output, readable } from './staging';

/** Codes per call where they cannot be written home directly: few enough to stay in the processor's cache. */
const CHUNK = 65536;

/** Staged codes follow the staged scales of a chunk of rows (one each at most), or of all columns. */
const CODES = STAGING + 4 * CHUNK;

/** A matrix, row-major, and the highest of the codes that stand for it: 127 for 8 bits. */
export interface CodedMatrix {
  readonly rows: number;
  readonly columns: number;
  /** In [1, 127]. */
  readonly limit: number;
  /** Take the scales as they are rather than finding them; no weight may then be `MOST_STEPS` of them or more. Default false. */
  readonly givenScales?: boolean;
}

/** Beyond it the kernels do not round: they add 1.5 · 2²³ to do so. */
export const MOST_STEPS = 2 ** 22;

/** max|w|; NaN where a weight is. */
export function largestSize(weights: Float32Array): number {
  const from = readable(weights);
  const found = new Float32Array(1);
  const scale = output(found, from, STAGING);
  from.kernels.rowScales(from.address, scale.address, 1, weights.length, 1);
  scale.finish();
  return found[0]!;
}

/**
 * Symmetric codes of a matrix with one scale per column:
 *
 *     scales[j] = max over i of |w[i, j]| / limit, or 1 where that is 0
 *     codes[i, j] = w[i, j] / scales[j], rounded half to even, in [−limit, limit]
 *
 * so that `scales[j] · codes[i, j]` is the fake-quantized weight. A NaN or an infinity makes its column's scale NaN or
 * infinite, and with it the column's dequantized weights not finite. The arrays may lie anywhere; `weights` in an arena's
 * memory spares a copy of them.
 *
 * @param weights [rows, columns], row-major.
 * @param codes [rows, columns].
 * @param scales [columns].
 */
export function quantizeColumns(
  weights: Float32Array,
  codes: Int8Array,
  scales: Float32Array,
  { rows, columns, limit, givenScales }: CodedMatrix,
): void {
  checkSizes(weights, codes, scales, rows, columns, columns);
  const from = readable(weights);
  const scale = output(scales, from, STAGING);
  if (givenScales) stage(scales, from, scale.address);
  else from.kernels.columnScales(from.address, scale.address, rows, columns, limit);
  inChunks(rows, columns, (row, count) => {
    const home = codes.subarray(row * columns, (row + count) * columns);
    const code = output(home, from, Math.max(CODES, STAGING + 4 * columns));
    const address = from.address + 4 * row * columns;
    from.kernels.columnCodes(address, code.address, scale.address, count, columns, limit);
    code.finish();
  });
  scale.finish();
}

/**
 * The same with one scale per row: `scales[i] = max over j of |w[i, j]| / limit`, or 1 where that is 0.
 *
 * @param weights [rows, columns], row-major.
 * @param codes [rows, columns].
 * @param scales [rows].
 */
export function quantizeRows(
  weights: Float32Array,
  codes: Int8Array,
  scales: Float32Array,
  { rows, columns, limit, givenScales }: CodedMatrix,
): void {
  checkSizes(weights, codes, scales, rows, columns, rows);
  const from = readable(weights);
  inChunks(rows, columns, (row, count) => {
    const address = from.address + 4 * row * columns;
    const part = scales.subarray(row, row + count);
    const scale = output(part, from, STAGING);
    const code = output(codes.subarray(row * columns, (row + count) * columns), from, CODES);
    if (givenScales) stage(part, from, scale.address);
    else from.kernels.rowScales(address, scale.address, count, columns, limit);
    from.kernels.rowCodes(address, code.address, scale.address, count, columns, limit);
    scale.finish();
    code.finish();
  });
}

/** Brings what is read from `output`'s place there. */
function stage(scales: Float32Array, near: Place, address: number): void {
  if (scales.buffer !== near.buffer) new Float32Array(near.buffer, address, scales.length).set(scales);
}

function inChunks(rows: number, columns: number, body: (row: number, count: number) => void): void {
  const most = Math.max(1, Math.floor(CHUNK / columns));
  for (let row = 0; row < rows; row += most) body(row, Math.min(most, rows - row));
}

function checkSizes(
  weights: Float32Array,
  codes: Int8Array,
  scales: Float32Array,
  rows: number,
  columns: number,
  axis: number,
): void {
  const size = rows * columns;
  if (weights.length !== size || codes.length !== size || scales.length !== axis) {
    throw new Error(
      `Expected ${size} weights and codes and ${axis} scales for [${rows}, ${columns}], ` +
        `got ${weights.length}, ${codes.length} and ${scales.length}.`,
    );
  }
}
