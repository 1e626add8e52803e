import { UserError } from '../../core/errors';
import type { SparsityRule } from '../../pruning/distributions/layerwise';
import { literal } from './glob';
import type { PruningRow, PruningTable } from './pruning-sensitivity';

/** A point of a group's curve. */
export type PruningPoint = Pick<PruningRow, 'sparsity' | 'loss'>;

/** What each group loses along sparsities, from the dense model on, which loses nothing. */
export function pruningCurves({ rows }: PruningTable): Map<string, PruningPoint[]> {
  return new Map(
    [...groupsIn(rows)].map(([group, own]) => [
      group,
      [{ sparsity: 0, loss: 0 }, ...own.map(({ sparsity, loss }) => ({ sparsity, loss }))],
    ]),
  );
}

/** Options of {@link sparsityRulesOf}. */
export interface SparsityRulesOptions {
  /** The most that a group may lose by itself, in the measure's unit. Losses of several groups add up, roughly. */
  readonly loss: number;
}

/**
 * Rules that prune each group as far as it loses at most so much by itself: to the highest sparsity before the first that loses more, 0
 * where the lowest does. For `layerwiseDistribution`.
 *
 * @throws UserError for a loss that is no number of at least 0, and where no group may lose anything.
 *
 * @example
 * const rules = sparsityRulesOf(table, { loss: 0.01 });
 * const schedule = cubicDecay({ finalSparsity: sparsityOfRules(rules, defaultTargets(model)), end: 0.7 });
 * pruner({ schedule, distribution: layerwiseDistribution(rules) });
 */
export function sparsityRulesOf({ rows }: PruningTable, { loss }: SparsityRulesOptions): SparsityRule[] {
  if (!(loss >= 0))
    throw new UserError(`Expected a \`loss\` of at least 0 that each group may have, got ${loss}.`);
  const rules = [...groupsIn(rows).values()].flatMap((own) => {
    const sparsity = own.slice(0, lengthWithin(own, loss)).at(-1)?.sparsity ?? 0;
    return own[0]!.paths.map((path) => ({ match: literal(path), sparsity }));
  });
  if (rules.some(({ sparsity }) => sparsity > 0)) return rules;
  const least = Math.min(...[...groupsIn(rows).values()].map((own) => own[0]!.loss));
  throw new UserError(
    `Expected a \`loss\` that some group keeps to, at least ${least}, which the best loses at its lowest sparsity, got ${loss}.`,
  );
}

/** How many of the rows, from the first on, lose no more. */
function lengthWithin(rows: readonly PruningRow[], loss: number): number {
  const first = rows.findIndex((row) => row.loss > loss);
  return first === -1 ? rows.length : first;
}

/** The rows of each group, from the lowest sparsity to the highest. */
function groupsIn(rows: readonly PruningRow[]): Map<string, PruningRow[]> {
  const groups = new Map<string, PruningRow[]>();
  for (const row of [...rows].sort((a, b) => a.sparsity - b.sparsity)) {
    groups.set(row.group, [...(groups.get(row.group) ?? []), row]);
  }
  return groups;
}
