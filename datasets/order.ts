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
