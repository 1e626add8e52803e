import { createHash } from 'node:crypto';
import type * as tf from '@tensorflow/tfjs';
import { hostOf } from '../../core/host-tensor';
import { UserError } from '../../core/errors';
import { gather, GatherData, GatherOptions } from '../gather';
import { count, Statistic, sum } from '../statistics';
import { linksOf } from './links';
import { Affine, affinesOf, slotsOf } from './products';

/** How what a layer makes is distributed, channel by channel. */
export interface ChannelStatistics {
  /** One of each channel, as `deviation` is. */
  readonly mean: Float64Array;
  /** Standard deviation. */
  readonly deviation: Float64Array;
  /** Tells whether the layer's weights are still those that made it so; see `fingerprintOf`. */
  readonly fingerprint: string;
}

/** By the layer's path. */
export type OutputStatistics = ReadonlyMap<string, ChannelStatistics>;

const sumOfSquares: Statistic = { of: (x, counts) => x.square().mul(counts).sum(0), join: 'sum' };

/**
 * Mean and standard deviation of what the layers of a model make, over some data: those layers whose channels nothing but products
 * read, which `absorbBiases` asks for. After an activation that is the layer's own.
 *
 * @param data batches: what the model takes, in the order of its inputs. Tensors stay the caller's.
 * @throws UserError as `gather` does, and for a model without such layers.
 *
 * @example absorbBiases(model, await outputStatistics(model, [[images]]));
 */
export async function outputStatistics(
  model: tf.LayersModel,
  data: GatherData,
  options: GatherOptions = {},
): Promise<OutputStatistics> {
  const links = linksOf(model).links.filter(({ kind }) => kind === 'read');
  if (links.length === 0) {
    throw new UserError(`Expected layers of "${model.name}" whose channels only products read, found none.`);
  }
  const affineOf = affinesOf(model);
  const requests = links.flatMap(({ from: layer }) =>
    [sum, sumOfSquares, count].map((statistic) => ({ layer, of: 'output', statistic }) as const),
  );
  const gathered = (await gather(model, data, requests, options)).map((each) => each.data);
  return new Map(
    links.map(({ from, fromPath }, i) => {
      const [sums, squares, [rows]] = gathered.slice(3 * i, 3 * i + 3) as [
        Float64Array,
        Float64Array,
        Float64Array,
      ];
      const mean = sums.map((each) => each / rows!);
      const deviation = squares.map((each, j) => Math.sqrt(Math.max(0, each / rows! - mean[j]! ** 2)));
      return [fromPath, { mean, deviation, fingerprint: fingerprintOf(affineOf(from)) }];
    }),
  );
}

/** A digest of the weights that make a layer's channels. */
export function fingerprintOf(affine: Affine): string {
  const hash = createHash('sha256');
  slotsOf(affine).forEach(({ weight }) => hash.update(hostOf(weight.variable).data));
  return hash.digest('hex');
}
