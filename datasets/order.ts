import { permutation, seededRandom } from '../lib/core/random';

/** What the order of an epoch is a function of. */
export interface Shuffle {
  readonly seed: number;
  readonly epoch: number;
}

/** The order of `n` examples in an epoch: shuffled by (seed, epoch), or their own. */
export function epochOrder(n: number, shuffle?: Shuffle): Uint32Array {
  if (!shuffle) return Uint32Array.from({ length: n }, (_, i) => i);
  return permutation(n, seededRandom(shuffle.seed, 'order', String(shuffle.epoch)));
}

/** `n` places in an order of which any number of the first are spread evenly over all: the bits of a count turned around (van der Corput, 1935). */
export function spreadOrder(n: number): number[] {
  const bits = Math.ceil(Math.log2(Math.max(n, 2)));
  const turned = (i: number) => parseInt([...i.toString(2).padStart(bits, '0')].reverse().join(''), 2);
  return Array.from({ length: 2 ** bits }, (_, i) => turned(i)).filter((place) => place < n);
}
