import { UserError } from '../core/errors';
import { placeOf, type Place } from './memory';
import { readable } from './staging';

/**
 * Σ x² over the elements that the mask keeps (all, without one), each square and every sum in float64. Equal arrays give
 * equal bits. NaN if any kept element is.
 *
 * @param mask Uint8Array of 0 and 1 as long as `x`, in the same memory.
 */
export function sumOfSquares(x: Float32Array, mask?: Uint8Array): number {
  const { address, kernels } = readableWith(x, mask);
  return kernels.sumOfSquares(address, mask?.byteOffset ?? 0, x.length);
}

/** Σ x² over the given rows of x, [n, width], each once: all of x where every other row is zero. */
export function sumOfSquaresOfRows(
  x: Float32Array,
  ids: Iterable<number>,
  width: number,
  mask?: Uint8Array,
): number {
  const { address, kernels } = readableWith(x, mask);
  let sum = 0;
  for (const id of ids) {
    const start = id * width;
    sum += kernels.sumOfSquares(address + 4 * start, mask ? mask.byteOffset + start : 0, width);
  }
  return sum;
}

/** `into += x`; arrays of one length, in one memory or outside of any. */
export function accumulate(into: Float32Array, x: Float32Array): void {
  if (into.length !== x.length) throw new Error(`Expected ${into.length} values to add, got ${x.length}.`);
  const place = placeOf(into);
  if (place && x.buffer === place.buffer) {
    place.kernels.accumulate(into.byteOffset, x.byteOffset, x.length);
  } else {
    for (let i = 0; i < x.length; i++) into[i]! += x[i]!;
  }
}

/**
 * `into[ids[i]] += rows[i]` for i = 0, 1, … in that order: the gradient of an embedding table, whose ids may repeat. Fastest
 * when `into` and `rows` share a memory.
 *
 * @param into [n, width].
 * @param ids row numbers in [0, n).
 * @param rows [ids.length, width].
 * @throws UserError if an id names no row; then nothing is added.
 */
export function addRows(into: Float32Array, ids: Int32Array, rows: Float32Array, width: number): void {
  if (rows.length !== ids.length * width) {
    throw new Error(`Expected ${ids.length} rows of ${width}, got ${rows.length} values.`);
  }
  const count = into.length / width;
  const stray = ids.find((id) => !(id >= 0 && id < count));
  if (stray !== undefined) {
    throw new UserError(
      `Expected row ids in [0, ${count}), got ${stray}: does the tokenizer's vocabulary fit the model?`,
    );
  }
  const place = placeOf(into);
  const kernels = rows.buffer === place?.buffer ? place.kernels : undefined;
  for (let i = 0; i < ids.length; i++) {
    const [to, from] = [ids[i]! * width, i * width];
    if (kernels) kernels.accumulate(into.byteOffset + 4 * to, rows.byteOffset + 4 * from, width);
    else for (let j = 0; j < width; j++) into[to + j]! += rows[from + j]!;
  }
}

/** Sets the given rows of `into`, [n, width], to 0: cheaper than a whole table when a step touched few. */
export function zeroRows(into: Float32Array, ids: Iterable<number>, width: number): void {
  for (const id of ids) into.fill(0, id * width, (id + 1) * width);
}

function readableWith(x: Float32Array, mask: Uint8Array | undefined): Place {
  const place = readable(x);
  if (mask && (mask.buffer !== place.buffer || mask.length !== x.length)) {
    throw new Error(`Expected a mask of ${x.length} elements in the memory of the array.`);
  }
  return place;
}
