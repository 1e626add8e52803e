import { configured } from '../../core/config';
import { sumOfSigmoids } from '../../wasm/kernels';
import { Distribution, prunedCount, SharedWeight } from '../distribution';

/**
 * The shares of SMP-S: among matrices of one kind (`…/attention/query/kernel` of all layers) each keeps as the mean of its scores' sigmoids,
 *
 *     kept fraction of weight l = v · L · mean σ(S_l) / Σ_m mean σ(S_m),   v = 1 − sparsity
 *
 * over the L weights of its kind, at most all of it; what it cannot take goes to the others of the kind. Kinds keep v each. Counts are exact
 * in total: what is left by rounding down goes to the largest remainders, of equal ones to the first.
 *
 * For learned scores, which begin at 0. Jiang et al., 2022 (arXiv:2210.06210), section 3.3.
 */
export function scoreShares(): Distribution {
  return configured((weights: readonly SharedWeight[], sparsity: number) => {
    const wanted = new Map<SharedWeight, number>();
    for (const kind of kindsOf(weights)) shareOut(kind, 1 - sparsity, wanted);
    const total = weights.reduce((sum, { scores }) => sum + scores.length, 0);
    const kept = rounded(
      weights.map((weight) => wanted.get(weight)!),
      total - prunedCount(sparsity, total),
    );
    return weights.map(({ scores }, i) => scores.length - kept[i]!);
  }, 'scoreShares');
}

/** Weights of one shape whose paths differ in numbers only. */
function kindsOf(weights: readonly SharedWeight[]): SharedWeight[][] {
  const kinds = new Map<string, SharedWeight[]>();
  for (const weight of weights) {
    const kind = `${weight.path.replace(/\d+/g, '*')} ${weight.shape.join()}`;
    kinds.set(kind, [...(kinds.get(kind) ?? []), weight]);
  }
  return [...kinds.values()];
}

/** How many units each weight of a kind keeps, as real numbers: in proportion to their means, but none more than it has. */
function shareOut(kind: readonly SharedWeight[], density: number, wanted: Map<SharedWeight, number>): void {
  let open = kind.map((weight) => ({ weight, size: weight.scores.length, mean: meanSigmoid(weight.scores) }));
  let left = density * open.reduce((sum, { size }) => sum + size, 0);
  for (;;) {
    const sum = open.reduce((total, { mean }) => total + mean, 0);
    const shares = open.map((each) => ({
      ...each,
      share: sum > 0 ? (left * each.mean) / sum : left / open.length,
    }));
    const full = shares.filter(({ share, size }) => share > size);
    if (full.length === 0) return shares.forEach(({ weight, share }) => wanted.set(weight, share));
    full.forEach(({ weight, size }) => wanted.set(weight, size));
    left -= full.reduce((total, { size }) => total + size, 0);
    open = shares.filter(({ share, size }) => share <= size);
    if (open.length === 0) return;
  }
}

function meanSigmoid(scores: Float32Array): number {
  return sumOfSigmoids(scores) / scores.length;
}

/** Whole numbers of a sum, each at most 1 from what was wanted. */
function rounded(wanted: readonly number[], total: number): number[] {
  const whole = wanted.map(Math.floor);
  const order = wanted
    .map((_, i) => i)
    .sort((a, b) => wanted[b]! - whole[b]! - (wanted[a]! - whole[a]!) || a - b);
  const left = total - whole.reduce((sum, count) => sum + count, 0);
  for (const i of order.slice(0, left)) whole[i]!++;
  return whole;
}
