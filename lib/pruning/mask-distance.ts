import { countFlips, expectComparable, MaskSet } from './mask';

/**
 * How far apart masks of the same weights are: the share of values that one keeps and the other prunes (Hamming distance), from 0 to 1. Of two
 * masks of sparsity s it is at most `2 · min(s, 1 − s)`, and `2 · s · (1 − s)` by chance. A path that one set lacks counts as kept there;
 * 0 of no masks.
 *
 * You et al., 2020 (arXiv:1909.11957).
 *
 * @throws UserError for masks of another length.
 *
 * @example maskDistance(loadMasks('first.safetensors'), masksOf(model)); // 0.08
 */
export function maskDistance(before: MaskSet, after: MaskSet): number {
  expectComparable(before, after);
  const flips = countFlips(before, after);
  const lengths = new Map([...before, ...after].map(([path, { length }]) => [path, length]));
  const values = [...lengths.values()].reduce((sum, length) => sum + length, 0);
  return values === 0 ? 0 : flips / values;
}

/** The farthest that two masks of a sparsity can be apart. */
export const farthestDistance = (sparsity: number): number => 2 * Math.min(sparsity, 1 - sparsity);
