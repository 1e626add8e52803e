import { madeFrom } from '../../lib/core/config';
import type { Distribution } from '../../lib/pruning/distribution';
import { distributionFrom } from '../../lib/pruning/from-config';
import { movementPruning } from './movement-pruning';
import type { ScorePruning } from './score-pruning';
import { softMovementPruning } from './soft-movement-pruning';
import { staticPruning } from './static-pruning';

/**
 * A way of pruning by learned scores of its config, as JSON holds it.
 *
 * @throws UserError for names and options that no way has, and as its factory does.
 *
 * @example scorePruningFrom({ name: 'movementPruning', options: { distribution: { name: 'globalDistribution' } } });
 */
export function scorePruningFrom(config: unknown): ScorePruning {
  return madeFrom<ScorePruning>(
    'way of pruning by scores',
    {
      movementPruning: shared(movementPruning),
      softMovementPruning: shared(softMovementPruning),
      staticPruning: shared(staticPruning),
    },
    config,
  );
}

/** A factory whose distribution comes as a config. */
function shared<Options extends { readonly distribution?: Distribution }>(
  factory: (options: Options) => ScorePruning,
): (options: Omit<Options, 'distribution'> & { readonly distribution?: unknown }) => ScorePruning {
  return ({ distribution, ...options }) =>
    factory({
      ...options,
      ...(distribution === undefined ? {} : { distribution: distributionFrom(distribution) }),
    } as unknown as Options);
}
