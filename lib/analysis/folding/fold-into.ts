import type * as tf from '@tensorflow/tfjs';
import { UserError } from '../../core/errors';
import { hostOf } from '../../core/host-tensor';
import { ownWeights } from '../../core/own-weights';
import { variableOf } from '../../core/weights';
import type { ChannelStatistics } from '../equalization/channel-statistics';
import type { Affine } from '../equalization/products';
import { scaleChannels } from '../equalization/slot';
import type { WeightValues } from '../equalization/values';
import type { Fold } from './folds';

/** Multiplies a batch norm into a layer's last product and bias; returns what the layer then makes: mean β and deviation |γ|. */
export function foldInto(
  { products, added }: Affine,
  fold: Fold,
  values: WeightValues,
): Pick<ChannelStatistics, 'mean' | 'deviation'> {
  const { gamma, beta, mean, factors } = normOf(fold);
  const { makes } = products.at(-1)!;
  scaleChannels(makes, values.of(makes.weight), factors);
  const bias = values.of(added[0]!.weight);
  bias.forEach((value, i) => (bias[i] = beta[i]! + (value - mean[i]!) * factors[i]!));
  return { mean: beta, deviation: gamma.map(Math.abs) };
}

/** The numbers of a batch norm, [channels], and what it multiplies by, `γ / sqrt(v + ε)`. */
function normOf({ norm, path }: Fold) {
  const { epsilon } = norm as unknown as { readonly epsilon: number };
  const mean = valuesOf(norm, 'moving_mean')!;
  const variance = valuesOf(norm, 'moving_variance')!;
  const gamma = valuesOf(norm, 'gamma') ?? mean.map(() => 1);
  const beta = valuesOf(norm, 'beta') ?? mean.map(() => 0);
  const factors = gamma.map((scale, i) => scale / Math.sqrt(variance[i]! + epsilon));
  const at = factors.findIndex((factor, i) => !Number.isFinite(factor + beta[i]! + mean[i]!));
  if (at < 0) return { gamma, beta, mean, factors };
  throw new UserError(
    `Expected finite numbers in the batch norm "${path}", and a variance of at least 0, got γ ${gamma[at]}, β ${beta[at]}, mean ` +
      `${mean[at]} and variance ${variance[at]} in channel ${at}.`,
  );
}

function valuesOf(norm: tf.layers.Layer, name: string): Float64Array | undefined {
  const weight = ownWeights(norm).get(name);
  return weight && Float64Array.from(hostOf(variableOf(weight)).data);
}
