import seedrandom from 'seedrandom';

/** Draws the next number, uniform in [0, 1). */
export type Random = () => number;

/**
 * A stream of uniform numbers in [0, 1), the same for the same seed and names on every machine. Different names give
 * independent streams, so that what one part of a program draws never shifts what another one draws.
 *
 * @example seededRandom(1, 'shuffle', 'epoch 3')() // always the same number
 */
export function seededRandom(seed: number, ...names: string[]): Random {
  // Alea (32 bits a draw) is four times faster than seedrandom's default, and tables of millions of weights are drawn.
  return seedrandom.alea(JSON.stringify([seed, ...names]));
}

/** One draw from the standard normal distribution (Box–Muller): `sqrt(−2 ln(1 − u)) · cos 2πv`. */
export function normal(random: Random): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random()));
  return radius * Math.cos(2 * Math.PI * random());
}

/** The numbers 0 … n − 1 in random order, every order equally likely (Fisher–Yates). */
export function permutation(n: number, random: Random): Uint32Array {
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    const moved = order[i]!;
    order[i] = order[j]!;
    order[j] = moved;
  }
  return order;
}

/**
 * The int32 that keys one counter-based random stream (`keepMask` of lib/wasm): a hash of the run's seed, a tick (usually a
 * micro-step, `clock.tick`) and a name (usually a layer's). Neighbouring seeds and ticks give unrelated keys.
 *
 * @param seed an integer.
 * @param tick an integer.
 */
export function streamKey(seed: number, tick: number, name: string): number {
  let hash = 0;
  for (const value of [seed, tick]) {
    hash = mix(hash ^ value); // the low 32 bits
    hash = mix(hash ^ Math.floor(value / 2 ** 32)); // and what is above them
  }
  for (let i = 0; i < name.length; i++) hash = mix(hash ^ name.charCodeAt(i));
  return mix(hash ^ name.length);
}

/** A bijection of the 32-bit integers in which every input bit flips half of the output's (lowbias32, C. Wellons). */
function mix(x: number): number {
  x = (x + 0x9e3779b9) | 0; // so that 0 is not mapped to itself
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return x ^ (x >>> 16);
}
