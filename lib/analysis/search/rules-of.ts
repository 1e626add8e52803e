import type { Rule } from '../../compress/rules';
import { UserError } from '../../core/errors';
import { literal } from '../sensitivity/glob';
import type { SensitivityRow } from '../sensitivity/table';

/** What groups get. */
export interface Choices {
  /** One of each group. */
  readonly choices: readonly Pick<SensitivityRow, 'group' | 'paths' | 'choice'>[];
}

/**
 * The rules that make a model what a search found, for `prepare`.
 *
 * @param schemes those that the table was made with, by name.
 * @throws UserError for a choice that is none of them.
 */
export function rulesOf({ choices }: Choices, schemes: Readonly<Record<string, Rule['use']>>): Rule[] {
  return choices.flatMap(({ group, paths, choice }) => {
    if (!Object.hasOwn(schemes, choice)) {
      const names = Object.keys(schemes).join(', ');
      throw new UserError(
        `Expected the schemes of the table, got ${names || 'none'} without "${choice}" of "${group}".`,
      );
    }
    return paths.map((path) => ({ match: literal(path), use: schemes[choice]! }));
  });
}
