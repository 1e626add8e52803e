import { Config, configured } from '../core/config';
import { countBelow } from '../wasm/kernels';
import { Cut, cutAt, HELD_KEY } from './select';

/** A weight as a distribution sees it. */
export interface SharedWeight {
  /** As `weightsOf` names it. */
  readonly path: string;
  /** Of the weight, not of its units. */
  readonly shape: readonly number[];
  /** Of each of its units, larger = keep; −Infinity for those that stay pruned anyway. */
  readonly scores: Float32Array;
}

/**
 * How a sparsity is shared out among weights: how many units of each are pruned, exact in total. Units that stay pruned anyway count.
 *
 * @param sparsity fraction in [0, 1) of all units.
 * @returns for each weight a whole number of its units, `scores.length` at most.
 */
export interface Distribution {
  (weights: readonly SharedWeight[], sparsity: number): number[];
  /** How it was made. */
  readonly config?: Config;
}

/** Number of units that a sparsity prunes: `round(sparsity · n)`, half away from zero (torch rounds half to even). */
export function prunedCount(sparsity: number, n: number): number {
  return Math.round(sparsity * n);
}

/** Number of units that stay pruned anyway. */
export function heldUnits(scores: Float32Array): number {
  return countBelow(scores, HELD_KEY + 1);
}

/** Every weight gets the same sparsity; its own count is rounded. */
export function uniformDistribution(): Distribution {
  return configured(
    (weights: readonly SharedWeight[], sparsity: number) =>
      weights.map(({ scores }) => prunedCount(sparsity, scores.length)),
    'uniformDistribution',
  );
}

/**
 * All weights compete: the lowest scores go, wherever they are, and the total is exact. Among equal scores at the threshold
 * those of the earlier weight are kept, as if all weights were one.
 */
export function globalDistribution(): Distribution {
  return configured((weights: readonly SharedWeight[], sparsity: number) => {
    const scores = weights.map((weight) => weight.scores);
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
  }, 'globalDistribution');
}

function compare(scores: Float32Array, { key }: Cut): { below: number; equal: number } {
  const below = countBelow(scores, key);
  return { below, equal: countBelow(scores, key + 1) - below };
}
