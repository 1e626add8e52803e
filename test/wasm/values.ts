import { seededRandom, normal } from '../../lib/core/random';
import type { Arena } from '../../lib/wasm/memory';

/** `n` draws of a normal distribution, the same for the same seed. */
export function draws(n: number, seed: number, scale = 1): Float32Array {
  const random = seededRandom(seed, 'draws');
  return Float32Array.from({ length: n }, () => scale * normal(random));
}

/** A mask that keeps about half. */
export function coinFlips(n: number, seed: number): Uint8Array {
  const random = seededRandom(seed, 'coins');
  return Uint8Array.from({ length: n }, () => (random() < 0.5 ? 0 : 1));
}

/** Copies of the arrays in one memory of the arena. */
export function inOneMemory(arena: Arena, ...arrays: Float32Array[]): Float32Array[] {
  const views = arena.group(arrays.map((array) => array.length));
  views.forEach((view, i) => view.set(arrays[i]!));
  return views;
}

/** A mask in the memory of the view that is as long. */
export function maskOver(view: Float32Array, mask: Uint8Array): Uint8Array {
  const copy = new Uint8Array(view.buffer, view.byteOffset, mask.length);
  copy.set(mask);
  return copy;
}

/** The bytes of a float array: equal exactly if every bit is, signs of zeros and NaNs included. */
export function bits(array: Float32Array): number[] {
  return [...new Uint32Array(array.slice().buffer)];
}

/** Where two arrays differ in any bit that shows (signs of zeros do, kinds of NaN do not). */
export function differences(actual: ArrayLike<number>, expected: ArrayLike<number>): number[] {
  const length = Math.max(actual.length, expected.length);
  return Array.from({ length }, (_, i) => i).filter((i) => !Object.is(actual[i], expected[i]));
}
