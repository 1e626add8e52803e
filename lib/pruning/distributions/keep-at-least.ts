import { configOf, configured } from '../../core/config';
import { UserError } from '../../core/errors';
import { Distribution, heldUnits, SharedWeight } from '../distribution';
import { expectWhole } from '../window';
import { sum } from './in-proportion';

/** Options of {@link keepAtLeast}. */
export interface KeepAtLeastOptions {
  /** How it is shared out as far as that leaves enough. */
  readonly distribution: Distribution;
  /** How many units of each weight stay; all of a weight that has fewer. Default 1: no layer goes as a whole. */
  readonly units?: number;
  /** Which share of the units of each weight stays, from 0 to 1; rounded up. Default 0. */
  readonly fraction?: number;
}

/**
 * A guard: every weight keeps at least so many units, and what a distribution would take beyond is shared out among the others, by
 * the same distribution, so that the total stays. For `globalDistribution`, that may leave nothing of a layer (layer collapse: Tanaka et
 * al., 2020, arXiv:2006.05467).
 *
 * @throws UserError for units that are no whole number, a fraction outside [0, 1], a `layerwiseDistribution`, and, where it is used, a sparsity that does not leave so much.
 *
 * @example pruner({ schedule, distribution: keepAtLeast({ distribution: globalDistribution(), fraction: 0.05 }) });
 */
export function keepAtLeast({ distribution, units = 1, fraction = 0 }: KeepAtLeastOptions): Distribution {
  expectWhole('units', units, 0);
  if (!(fraction >= 0 && fraction <= 1)) {
    throw new UserError(`Expected a fraction of units to keep from 0 to 1, got ${fraction}.`);
  }
  if (configOf(distribution)?.name === 'layerwiseDistribution') {
    throw new UserError(
      'Expected a distribution that can share out among some of the weights, got layerwiseDistribution, whose rules say what each loses; let them keep enough.',
    );
  }
  const mostOf = ({ scores }: SharedWeight) => {
    const kept = Math.min(Math.max(units, Math.ceil(fraction * scores.length)), scores.length);
    return Math.max(scores.length - kept, heldUnits(scores));
  };
  const guarded = (weights: readonly SharedWeight[], sparsity: number) => {
    const total = sum(distribution(weights, sparsity));
    const most = weights.map(mostOf);
    if (total > sum(most)) throw tooMuch(weights, total, sum(most));
    return shareOut(distribution, weights, { sparsity, total, most });
  };
  return configured(guarded, 'keepAtLeast', { distribution, units, fraction });
}

interface Limits {
  readonly sparsity: number;
  /** Units to prune in all. */
  readonly total: number;
  /** Of each weight. */
  readonly most: readonly number[];
}

/** Weights that would lose too much lose what they may; the others share the rest as if they were alone. */
function shareOut(
  distribution: Distribution,
  weights: readonly SharedWeight[],
  { sparsity, total, most }: Limits,
): number[] {
  const counts = distribution(weights, sparsity);
  const full = weights.map((_, i) => counts[i]! >= most[i]!);
  if (counts.every((count, i) => count <= most[i]!)) return counts;
  const free = weights.flatMap((_, i) => (full[i] ? [] : [i]));
  const left = total - sum(most.filter((_, i) => full[i]));
  const rest = free.map((i) => weights[i]!);
  const size = sum(rest.map(({ scores }) => scores.length));
  const limits = { sparsity: left / size, total: left, most: free.map((i) => most[i]!) };
  const others = rest.length === 0 ? [] : shareOut(distribution, rest, limits);
  return weights.map((_, i) => (full[i] ? most[i]! : others[free.indexOf(i)]!));
}

function tooMuch(weights: readonly SharedWeight[], total: number, most: number): UserError {
  const size = sum(weights.map(({ scores }) => scores.length));
  return new UserError(
    `Expected a sparsity of at most ${most / size}, which leaves each weight what it is to keep, got ${total / size}; keep less, or prune less.`,
  );
}
