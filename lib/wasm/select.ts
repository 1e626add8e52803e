import { createArena, placeOf } from './memory';
import { inParts } from './staging';

/** Floats that are copied at once to where the kernels are: few enough to stay in the processor's cache. */
const PART = 65536;

/** Values of half a key. */
const HALVES = 65536;

/** What the kernels write, and its memory; made when it is first needed. */
let room: { readonly counts: Int32Array; readonly mask: Uint8Array } | undefined;

function takeRoom() {
  if (!room) {
    const arena = createArena({ bytesPerMemory: 4 * HALVES + PART });
    room = { counts: arena.int32(HALVES), mask: arena.uint8(PART) };
  }
  return { ...room, place: placeOf(room.counts)! };
}

/**
 * How often each value of half a key is there: of the upper 16 bits of the keys of all floats, or, where `upper` is given, of the lower 16 bits
 * of those whose upper ones it is. Keys are `sortKey`s (lib/pruning/select.ts).
 *
 * @returns [65 536], valid until the next call.
 */
export function countHalves(floats: readonly Float32Array[], upper?: number): Int32Array {
  const { counts, place } = takeRoom();
  const { kernels } = place;
  counts.fill(0);
  for (const part of floats) {
    inParts(part, place, PART, (address, _, n) => {
      if (upper === undefined) kernels.countUpper(address, n, counts.byteOffset);
      else kernels.countLower(address, n, counts.byteOffset, upper - HALVES / 2);
    });
  }
  return counts;
}

/** How many floats have a smaller key. */
export function countBelow(floats: Float32Array, key: number): number {
  const { place } = takeRoom();
  let below = 0;
  inParts(floats, place, PART, (address, _, n) => {
    below += place.kernels.countBelow(address, n, signed(key));
  });
  return below;
}

/** 1 where a float's key is at least this, else 0. */
export function maskFrom(floats: Float32Array, key: number): Uint8Array {
  const { mask, place } = takeRoom();
  const kept = new Uint8Array(floats.length);
  inParts(floats, place, PART, (address, start, n) => {
    place.kernels.maskFrom(address, n, signed(key), mask.byteOffset);
    kept.set(mask.subarray(0, n), start);
  });
  return kept;
}

/** Σ 1 / (1 + e^−x), each term to a few units in the last place of float32; equal arrays give equal bits, on every machine. */
export function sumOfSigmoids(floats: Float32Array): number {
  const { place } = takeRoom();
  let sum = 0;
  inParts(floats, place, PART, (address, _, n) => {
    sum += place.kernels.sumOfSigmoids(address, n);
  });
  return sum;
}

/** Keys are unsigned here, and signed in the kernels. */
function signed(key: number): number {
  return (key ^ 0x80000000) | 0;
}
