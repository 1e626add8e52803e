import { createBlock, placeOf, RESERVED, STAGING, type Place } from './memory';

/** A place for a kernel's output, and what brings it home when the kernel is done. */
interface Output {
  readonly address: number;
  finish(): void;
}

/** Writes to `view` where it lies if it shares the memory of `near`, else to a copy at `address` in the reserved bytes there. */
export function output(view: Float32Array | Int8Array, near: Place, address: number): Output {
  if (view.buffer === near.buffer) return { address: view.byteOffset, finish: () => undefined };
  if (address + view.byteLength > RESERVED) {
    throw new Error(
      `Expected at most ${RESERVED - address} bytes outside the weights' memory, got ${view.byteLength}.`,
    );
  }
  const finish =
    view instanceof Float32Array
      ? () => view.set(new Float32Array(near.buffer, address, view.length))
      : () => view.set(new Int8Array(near.buffer, address, view.length));
  return { address, finish };
}

/** Where a kernel can read the array: where it lies, or a copy in the scratch memory, valid until the next call. */
export function readable(view: Float32Array): Place {
  const place = placeOf(view);
  if (place) return place;
  const copy = scratch(view.byteLength);
  new Float32Array(copy.buffer, copy.address, view.length).set(view);
  return copy;
}

/**
 * Hands `body` one part of `view` after another, at most `most` elements each, at an address in the memory of `near`: all of it
 * where it lies if it is in that memory, else copies.
 */
export function inParts(
  view: Float32Array,
  near: Place,
  most: number,
  body: (address: number, start: number, count: number) => void,
): void {
  if (view.buffer === near.buffer) return body(view.byteOffset, 0, view.length);
  if (STAGING + 4 * most > RESERVED) throw new Error(`Expected parts of fewer than ${most} elements.`);
  for (let start = 0; start < view.length; start += most) {
    const part = view.subarray(start, start + most);
    new Float32Array(near.buffer, STAGING, part.length).set(part);
    body(STAGING, start, part.length);
  }
}

let scratchMemory: { readonly place: Place; readonly bytes: number } | undefined;

/** `bytes` of a memory kept for arrays that lie outside of every arena, valid until the next call. */
export function scratch(bytes: number): Place {
  if (!scratchMemory || scratchMemory.bytes < bytes) {
    scratchMemory = { place: createBlock(bytes).take(bytes), bytes };
  }
  return scratchMemory.place;
}
