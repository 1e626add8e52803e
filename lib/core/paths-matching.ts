import picomatch from 'picomatch';
import { UserError } from './errors';
import { nearest } from './nearest';

/**
 * The paths of layers that a pattern matches: `*` is any part between slashes, `**` any number of parts, `{a,b}` either.
 *
 * @throws UserError for a pattern that matches none of the paths, with those that are most like it.
 */
export function pathsMatching(match: string, paths: readonly string[]): string[] {
  const isMatch = picomatch(match, { dot: true });
  const matched = paths.filter((path) => isMatch(path));
  if (matched.length > 0) return matched;
  throw new UserError(
    `Expected the rule "${match}" to match a layer, but it matches none of ${paths.length}; the nearest are ` +
      `${nearest(match, paths).join(', ') || 'none'}.`,
  );
}
