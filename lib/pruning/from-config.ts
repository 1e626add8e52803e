import { madeFrom } from '../core/config';
import { CoolDownOptions, withCoolDown } from './cool-down';
import { Distribution, globalDistribution, uniformDistribution } from './distribution';
import { erdosRenyi, erdosRenyiKernel } from './distributions/erdos-renyi';
import { keepAtLeast, KeepAtLeastOptions } from './distributions/keep-at-least';
import { layerwiseDistribution, SparsityRule } from './distributions/layerwise';
import { Pattern, unstructured } from './pattern';
import { blocks } from './patterns/blocks';
import { nOfM } from './patterns/n-of-m';
import { outputChannels } from './patterns/output-channels';
import { accumulatedTaylor } from './saliencies/accumulated-taylor';
import { blockFisher } from './saliencies/block-fisher';
import { diagonalFisher } from './saliencies/diagonal-fisher';
import { gradientMagnitude } from './saliencies/gradient-magnitude';
import { snip } from './saliencies/snip';
import { wanda } from './saliencies/wanda';
import { withinOutputs } from './saliencies/within-outputs';
import { magnitude, movement, randomSaliency, Saliency, taylor } from './saliency';
import {
  constantSparsity,
  cubicDecay,
  linearDecay,
  oneShot,
  polynomialDecay,
  RelativeSchedule,
  Schedule,
} from './schedule';
import { cosineDecay } from './schedules/cosine-decay';
import { exponentialDecay } from './schedules/exponential-decay';
import { Rewiring } from './rewiring/rewiring';
import { rigl } from './rewiring/rigl';
import { setEvolution } from './rewiring/set-evolution';
import { scoreShares } from './scores/score-shares';

const SCHEDULES = {
  ...{ cubicDecay, linearDecay, polynomialDecay, exponentialDecay, cosineDecay },
  ...{ constantSparsity, oneShot },
  withCoolDown: ({ schedule, ...options }: CoolDownOptions & { readonly schedule: unknown }) =>
    withCoolDown(scheduleFrom(schedule), options),
};

/**
 * A schedule of its config, as JSON holds it.
 *
 * @throws UserError for names and options that no schedule has, and as the schedule's factory does.
 *
 * @example scheduleFrom(JSON.parse('{ "name": "cubicDecay", "options": { "finalSparsity": 0.8, "end": 0.7 } }'));
 */
export function scheduleFrom(config: unknown): Schedule | RelativeSchedule {
  return madeFrom<Schedule | RelativeSchedule>('schedule', SCHEDULES, config);
}

/** Those without options. */
const PLAIN = [
  ...[magnitude, taylor, movement, gradientMagnitude, accumulatedTaylor, diagonalFisher, snip, wanda],
];

const SALIENCIES = {
  ...Object.fromEntries(PLAIN.map((saliency) => [saliency.config!.name, () => saliency])),
  blockFisher,
  randomSaliency: ({ seed }: { readonly seed: number }) => randomSaliency(seed),
  withinOutputs: ({ saliency }: { readonly saliency: unknown }) => withinOutputs(saliencyFrom(saliency)),
};

/**
 * A saliency of its config, as JSON holds it.
 *
 * @throws UserError for names and options that no saliency has.
 *
 * @example saliencyFrom({ name: 'randomSaliency', options: { seed: 1 } });
 */
export function saliencyFrom(config: unknown): Saliency {
  return madeFrom<Saliency>('saliency', SALIENCIES, config);
}

const DISTRIBUTIONS = {
  ...{ globalDistribution, uniformDistribution, erdosRenyi, erdosRenyiKernel, scoreShares },
  layerwiseDistribution: ({ rules = [] }: { readonly rules?: readonly SparsityRule[] }) =>
    layerwiseDistribution(rules),
  keepAtLeast: ({ distribution, ...options }: KeepAtLeastOptions) =>
    keepAtLeast({ distribution: distributionFrom(distribution), ...options }),
};

/**
 * A distribution of its config, as JSON holds it.
 *
 * @throws UserError for names and options that no distribution has, and as the distribution's factory does.
 */
export function distributionFrom(config: unknown): Distribution {
  return madeFrom<Distribution>('distribution', DISTRIBUTIONS, config);
}

const PATTERNS = {
  ...{ blocks, nOfM },
  unstructured: () => unstructured,
  outputChannels: () => outputChannels,
};

/**
 * A pattern of its config, as JSON holds it.
 *
 * @throws UserError for names and options that no pattern has, and as the pattern's factory does.
 *
 * @example patternFrom({ name: 'nOfM', options: { keep: 2, of: 4 } });
 */
export function patternFrom(config: unknown): Pattern {
  return madeFrom<Pattern>('pattern', PATTERNS, config);
}

/**
 * How zeros move, of its config, as JSON holds it.
 *
 * @throws UserError for names and options that nothing has, and as its factory does.
 *
 * @example rewiringFrom({ name: 'rigl', options: { every: 50 } });
 */
export function rewiringFrom(config: unknown): Rewiring {
  return madeFrom<Rewiring>('rewiring', { rigl, setEvolution }, config);
}
