import { UserError } from '../core/errors';
import { placeOf, type Place } from './memory';
import { inParts, readable } from './staging';

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

/** `into += x`; arrays of one length, wherever they lie. */
export function accumulate(into: Float32Array, x: Float32Array): void {
  if (into.length !== x.length) throw new Error(`Expected ${into.length} values to add, got ${x.length}.`);
  addTo(into, x, PART, (start) => start);
}

/**
 * `into[ids[i]] += rows[i]` for i = 0, 1, … in that order: the gradient of an embedding table, whose ids may repeat.
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
  addTo(into, rows, width, (start) => ids[start / width]! * width);
}

/** Elements that are copied at once into the memory they are added to: few enough to stay in the processor's cache. */
const PART = 16384;

/** Adds pieces of `size` elements of x in order, each to where in `into` its first element belongs. */
function addTo(into: Float32Array, x: Float32Array, size: number, home: (start: number) => number): void {
  const place = placeOf(into);
  if (!place) {
    for (let i = 0; i < x.length; i++) into[home(i - (i % size)) + (i % size)]! += x[i]!;
    return;
  }
  const most = size * Math.max(1, Math.floor(PART / size));
  inParts(x, place, most, (address, start, count) => {
    for (let i = 0; i < count; i += size) {
      place.kernels.accumulate(
        into.byteOffset + 4 * home(start + i),
        address + 4 * i,
        Math.min(size, count - i),
      );
    }
  });
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
