import { UserError } from '../../lib/core/errors';
import type { WeightStatistic } from '../../lib/pruning/weight-statistics';
import type { Gatherer } from './gatherer';
import { ScoringOptions, scoringPass } from './scoring-pass';
import { stepSums } from './step-sums';

/**
 * Gathers over the steps of the training, or, where it is asked for, in a pass of its own.
 *
 * @throws UserError for statistics that need a pass where there is none, a pass for nothing, and two statistics of one name.
 */
export function gathererOf(needs: readonly WeightStatistic[], scoring: ScoringOptions | undefined): Gatherer {
  const distinct = [...new Set(needs)];
  const twice = distinct.find(({ name }, i) => distinct.findIndex((other) => other.name === name) !== i);
  if (twice) throw new UserError(`Expected statistics of different names, got two named "${twice.name}".`);
  if (!scoring) return stepSums(distinct.map(expectOfGradients));
  if (distinct.length === 0) {
    throw new UserError(
      'Expected a saliency that needs something gathered, for a scoring pass, got one that scores by the weights alone; leave scoring out.',
    );
  }
  return scoringPass(distinct, scoring);
}

function expectOfGradients(statistic: WeightStatistic) {
  if (statistic.of === 'gradients') return statistic;
  throw new UserError(
    `Expected a scoring pass for "${statistic.name}", which is gathered of inputs, got none; give pruning the data for it: ` +
      'scoring: { data, batches }.',
  );
}
