import { bitsOf, Cut, cutAt, sortKey } from './select';

/** How a sparsity is shared out among weights: how many of each are pruned, from their scores. */
export type Distribution = (scores: readonly Float32Array[], sparsity: number) => number[];

/** Number of weights that a sparsity prunes: `round(sparsity · n)`, half away from zero (torch rounds half to even). */
export function prunedCount(sparsity: number, n: number): number {
  return Math.round(sparsity * n);
}

/** Every weight gets the same sparsity. */
export function uniformDistribution(): Distribution {
  return (scores, sparsity) => scores.map(({ length }) => prunedCount(sparsity, length));
}

/**
 * All weights compete: the lowest scores go, wherever they are, and the total is exact. Among equal scores at the threshold
 * those of the earlier weight are kept, as if all weights were one.
 */
export function globalDistribution(): Distribution {
  return (scores, sparsity) => {
    const total = scores.reduce((sum, { length }) => sum + length, 0);
    const count = prunedCount(sparsity, total);
    if (count === 0) return scores.map(() => 0);
    const cut = cutAt(scores, count);
    let ties = cut.ties;
    const counts = [...scores].reverse().map((weight) => {
      const { below, equal } = compare(weight, cut);
      const taken = Math.min(equal, ties);
      ties -= taken;
      return below + taken;
    });
    return counts.reverse();
  };
}

function compare(scores: Float32Array, cut: Cut): { below: number; equal: number } {
  const bits = bitsOf(scores);
  let [below, equal] = [0, 0];
  for (let i = 0; i < bits.length; i++) {
    const key = sortKey(bits[i]!);
    below += Number(key < cut.key);
    equal += Number(key === cut.key);
  }
  return { below, equal };
}
