import type * as tf from '@tensorflow/tfjs';
import type { Skipped } from '../../compress/prepared';
import { UserError } from '../../core/errors';
import type { Link } from './link';
import { linksOf } from './links';
import { expectLinks, rangesOf, rescale, ScaledPair } from './rescale';
import { expectNothingAttached, WeightValues, weightValues } from './values';

/** Options of {@link equalize}. */
export interface EqualizeOptions {
  /** How often all pairs are equalized, at most: chains need several sweeps. Default 100. */
  readonly sweeps?: number;
  /** Sweeps end when none changes a channel by more than this fraction. Default 0.001. */
  readonly tolerance?: number;
}

/** What was equalized, and what was not. */
export interface Equalized {
  /** Neighbours that share the factors of their channels, with what was multiplied. */
  readonly pairs: readonly ScaledPair[];
  /** The other layers that make channels, and why theirs cannot be scaled. */
  readonly skipped: readonly Skipped[];
}

/**
 * Equalizes the ranges of weights across layers, in place, so that one step size fits all channels of a tensor; the model computes
 * what it did but for rounding (Nagel et al. 2019, arXiv:1906.04721, section 4.1). Of two layers with ReLU between them, channel i of
 * the first is divided by s and what reads it is multiplied by s:
 *
 *     s_i = sqrt(r1_i · r2_i) / r2_i,   r1_i = max |W1[…, i]|,   r2_i = max |W2[…, i, …]|,
 *
 * so that both ranges become `sqrt(r1_i · r2_i)`. Pairs are found in the model's graph: dense and convolutional layers (the two products
 * of a separable one, too), through ReLU and its leaky kin, pooling, flattening and dropout; a norm and all that reads it; values and
 * what follows their attention; queries and keys. A channel that is 0 on one side is left alone, and what else cannot be scaled is
 * told: through gelu, tanh or relu6, into a residual sum (as every norm of a BERT), what the model returns. Masks stay: 0 is still 0.
 *
 * Other models that share the layers are not looked at. Run it before `prepare`.
 *
 * @throws UserError where nothing can be equalized, for weights that are not finite, something attached to the model, and options that
 *   are no numbers of their kind. The model is then as it was.
 *
 * @example
 * const { pairs, skipped } = equalize(model);
 * const prepared = prepare(model, { weight: int8(perTensor()) });
 */
export function equalize(
  model: tf.LayersModel,
  { sweeps = 100, tolerance = 1e-3 }: EqualizeOptions = {},
): Equalized {
  checkOptions(sweeps, tolerance);
  expectNothingAttached(model, 'equalize');
  const { links, skipped } = linksOf(model);
  expectLinks(model, links, skipped, 'channels that can be equalized');
  const values = weightValues();
  const totals = links.map(({ channels }) => new Float64Array(channels).fill(1));
  let change = Infinity;
  for (let sweep = 0; sweep < sweeps && change > tolerance; sweep++) {
    change = Math.max(...links.map((link, i) => equalizeOne(link, totals[i]!, values)));
  }
  values.write();
  const pairs = links.map(({ fromPath, toPaths }, i) => ({
    from: fromPath,
    to: toPaths,
    scales: totals[i]!,
  }));
  return { pairs, skipped };
}

function checkOptions(sweeps: number, tolerance: number): void {
  if (!Number.isInteger(sweeps) || sweeps < 1) {
    throw new UserError(`Expected a whole number of sweeps from 1 on to equalize, got ${sweeps}.`);
  }
  if (!(tolerance >= 0)) {
    throw new UserError(`Expected a tolerance of 0 or more to equalize, got ${tolerance}.`);
  }
}

/** Equalizes a link, notes its scales, and returns the largest change of a channel, as a fraction. */
function equalizeOne(link: Link, total: Float64Array, values: WeightValues): number {
  const made = rangesOf(link.divided, link.channels, values);
  const taken = rangesOf(link.multiplied, link.channels, values);
  const scales = made.map((range, i) => pairScale(range, taken[i]!));
  rescale(link, scales, values);
  scales.forEach((scale, i) => (total[i]! *= scale));
  return scales.reduce((most, scale) => Math.max(most, scale - 1, 1 / scale - 1), 0);
}

/** `sqrt(r1 · r2) / r2`; 1 for a dead channel. Of the roots, whose product cannot overflow. */
export function pairScale(range1: number, range2: number): number {
  return range1 > 0 && range2 > 0 ? Math.sqrt(range1) / Math.sqrt(range2) : 1;
}
