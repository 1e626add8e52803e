import { UserError } from '../core/errors';
import { pathsMatching } from '../core/paths-matching';
import type { Scheme } from './scheme';

/** What happens to the layers of a path. */
export interface Rule {
  /**
   * A layer's path, or a pattern: `*` is any part between slashes, `**` any number of parts, `{a,b}` either: `encoder/*\/ffn/**`. A
   * layer's path is that of its weights without their own name: `encoder/0/ffn/up`.
   */
  readonly match: string;
  /** `skip` leaves them in floats, whatever rules before said. */
  readonly use: Scheme | 'skip';
}

/** One scheme for the whole model, or rules, of which the last that matches a layer wins. */
export type Rules = Scheme | readonly Rule[];

/**
 * What the rules say of each path; undefined where none matches.
 *
 * @throws UserError for a rule that matches nothing, with the paths that are most like it, and for no rules at all.
 */
export function applyRules(rules: Rules, paths: readonly string[]): Map<string, Rule['use'] | undefined> {
  if (!isList(rules)) return new Map(paths.map((path) => [path, rules]));
  if (rules.length === 0) throw new UserError('Expected a scheme or at least one rule, got an empty list.');
  const uses = new Map<string, Rule['use'] | undefined>(paths.map((path) => [path, undefined]));
  for (const { match, use } of rules) pathsMatching(match, paths).forEach((path) => uses.set(path, use));
  return uses;
}

const isList = (rules: Rules): rules is readonly Rule[] => Array.isArray(rules);
