import { configured } from '../../core/config';
import { UserError } from '../../core/errors';
import { pathsMatching } from '../../core/paths-matching';
import { Distribution, heldUnits, prunedCount, SharedWeight } from '../distribution';
import { Pattern, unstructured } from '../pattern';
import { inProportion, sum } from './in-proportion';

/** How much of the layers of a path is pruned. */
export interface SparsityRule {
  /**
   * A layer's path, or a pattern: `*` is any part between slashes, `**` any number of parts, `{a,b}` either: `encoder/*\/ffn/**`. A
   * layer's path is that of its weights without their own name: `encoder/0/ffn/up`.
   */
  readonly match: string;
  /** A fraction in [0, 1). */
  readonly sparsity: number;
}

/**
 * Sparsities by rules, of which the last that matches a layer wins; layers that no rule matches stay dense. A schedule whose final sparsity is
 * what the rules come to, `sparsityOfRules`, ends with exactly theirs (rounded so that the total is exact); on the way there, and at a
 * lower one, all layers have the same share of theirs.
 *
 * @throws UserError for no rules, sparsities outside [0, 1); where it is used, for a rule that matches nothing, with the nearest paths, and for a
 *   sparsity above what the rules come to.
 *
 * @example
 * const rules = [{ match: '**', sparsity: 0.8 }, { match: 'encoder/0/**', sparsity: 0.5 }];
 * const finalSparsity = sparsityOfRules(rules, defaultTargets(model));
 * pruner({ schedule: cubicDecay({ finalSparsity, end: 0.7 }), distribution: layerwiseDistribution(rules) });
 */
export function layerwiseDistribution(rules: readonly SparsityRule[]): Distribution {
  expectRules(rules);
  const shareOut = (weights: readonly SharedWeight[], sparsity: number) => {
    const sizes = weights.map(({ scores }) => scores.length);
    const ruled = ruledSparsities(
      rules,
      weights.map(({ path }) => path),
    ).map((each, i) => each * sizes[i]!);
    const total = prunedCount(sparsity, sum(sizes));
    if (total > sum(ruled) + weights.length / 2) throw aboveRules(sparsity, sum(ruled) / sum(sizes));
    const parts = weights.map(({ scores }, i) => {
      return { factor: ruled[i]!, least: heldUnits(scores), most: scores.length };
    });
    return inProportion(total, parts);
  };
  return configured(shareOut, 'layerwiseDistribution', { rules });
}

/**
 * The sparsity of all weights together that rules come to: a fraction of their units, as the schedules of a pattern have it.
 *
 * @param weights those that are pruned: `defaultTargets(model)`.
 * @param pattern which they are pruned in. Default `unstructured`, whose units are values; channels are of as many sizes as layers.
 * @throws UserError as `layerwiseDistribution` does, and for shapes that the pattern cannot divide.
 */
export function sparsityOfRules(
  rules: readonly SparsityRule[],
  weights: readonly { readonly path: string; readonly variable: { readonly shape: readonly number[] } }[],
  pattern: Pick<Pattern, 'units'> = unstructured,
): number {
  expectRules(rules);
  const paths = weights.map(({ path }) => path);
  const sizes = weights.map(({ variable }) => pattern.units(variable.shape));
  return sum(ruledSparsities(rules, paths).map((each, i) => each * sizes[i]!)) / sum(sizes);
}

/** What the rules say of each weight; 0 where none matches. */
function ruledSparsities(rules: readonly SparsityRule[], paths: readonly string[]): number[] {
  const layers = paths.map((path) => path.slice(0, path.lastIndexOf('/')));
  const found = new Map<string, number>();
  for (const { match, sparsity } of rules) {
    pathsMatching(match, [...new Set(layers)]).forEach((layer) => found.set(layer, sparsity));
  }
  return layers.map((layer) => found.get(layer) ?? 0);
}

function expectRules(rules: readonly SparsityRule[]): void {
  if (rules.length === 0) throw new UserError('Expected at least one rule of sparsities, got none.');
  const wrong = rules.find(({ sparsity }) => !(sparsity >= 0 && sparsity < 1));
  if (!wrong) return;
  throw new UserError(
    `Expected a sparsity of at least 0 and below 1 for "${wrong.match}", got ${wrong.sparsity}.`,
  );
}

function aboveRules(sparsity: number, most: number): UserError {
  return new UserError(
    `Expected a sparsity of at most ${most}, which is what the rules come to, got ${sparsity}; let the schedule end there ` +
      '(finalSparsity: sparsityOfRules(rules, defaultTargets(model))), or raise the rules.',
  );
}
