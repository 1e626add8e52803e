import { madeFrom } from '../core/config';
import { Distribution, globalDistribution, uniformDistribution } from './distribution';
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

const SCHEDULES = {
  ...{ cubicDecay, linearDecay, polynomialDecay, exponentialDecay, cosineDecay },
  ...{ constantSparsity, oneShot },
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

/**
 * A distribution of its config, as JSON holds it.
 *
 * @throws UserError for names and options that no distribution has.
 */
export function distributionFrom(config: unknown): Distribution {
  return madeFrom<Distribution>('distribution', { globalDistribution, uniformDistribution }, config);
}
