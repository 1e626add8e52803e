import type * as tf from '@tensorflow/tfjs';
import { UserError } from '../../core/errors';
import { Feeds, feedsOf } from '../../core/feeds';
import type { GraphTensor } from '../../core/calls';
import { gather, GatherData, Gathered, GatherOptions } from '../gather';
import { maxAbs } from '../statistics';
import type { Equalized } from './equalize';
import type { Link } from './link';
import { linksOf } from './links';
import { expectLinks, rangesOf, rescale } from './rescale';
import { expectNothingAttached, weightValues } from './values';

/** Options of {@link smoothQuant}. */
export interface SmoothQuantOptions extends GatherOptions {
  /** How much of the difficulty goes from activations to weights: 0 evens out the weights alone, 1 the activations. Default 0.5. */
  readonly alpha?: number;
}

/**
 * Moves outliers of activations into the weights that read them, in place; the model computes what it did but for rounding (Xiao et
 * al. 2022, arXiv:2211.10438, equation 4). Channel j of a product's input X is divided by s where it is made, and row j of its kernel W
 * is multiplied by s:
 *
 *     s_j = max |X_j|^α / max |W_j|^(1 − α),
 *
 * with the maxima over the data, and over all layers that read the same channels (queries, keys and values). The channels must come from
 * a norm or another product, through nothing but ReLU, pooling and the like, and go nowhere else: see `equalize`. In a model that
 * normalizes before its blocks (pre-norm) those are its norms. A BERT adds what its norms make to the next block, so they are
 * skipped, and values remain. Channels that are 0 in all data, or that nothing reads, are left alone.
 *
 * @param data batches: what the model takes, in the order of its inputs. Tensors stay the caller's.
 * @throws UserError where nothing can be smoothed, for an α outside [0, 1], and as `gather` and `equalize` do. The model is then as it
 *   was.
 *
 * @example
 * const { pairs, skipped } = await smoothQuant(model, batches, {
 *   rows: ([, attentionMask], x) => (x.rank === 3 ? attentionMask : undefined), // padding does not count
 * });
 */
export async function smoothQuant(
  model: tf.LayersModel,
  data: GatherData,
  { alpha = 0.5, ...options }: SmoothQuantOptions = {},
): Promise<Equalized> {
  if (!(alpha >= 0 && alpha <= 1))
    throw new UserError(`Expected an alpha in [0, 1] to smooth with, got ${alpha}.`);
  expectNothingAttached(model, 'smooth');
  const { links, skipped } = linksOf(model);
  const read = links.filter(({ kind }) => kind === 'read');
  expectLinks(model, read, skipped, 'channels that can be smoothed');
  const inputs = await inputRanges(model, read, data, options);
  const values = weightValues();
  const scales = read.map((link, i) => {
    const weights = rangesOf(link.multiplied, link.channels, values);
    return inputs[i]!.map((range, j) => smoothScale(range, weights[j]!, alpha));
  });
  read.forEach((link, i) => rescale(link, scales[i]!, values));
  values.write();
  const pairs = read.map(({ fromPath, toPaths }, i) => ({ from: fromPath, to: toPaths, scales: scales[i]! }));
  return { pairs, skipped };
}

/** `|X|^α / |W|^(1 − α)`; 1 for a dead channel. */
export function smoothScale(input: number, weight: number, alpha: number): number {
  return input > 0 && weight > 0 ? input ** alpha / weight ** (1 - alpha) : 1;
}

/** `max |x|` over the data of the channels of each link, as its readers see them. */
async function inputRanges(
  model: tf.LayersModel,
  links: readonly Link[],
  data: GatherData,
  options: GatherOptions,
): Promise<Float64Array[]> {
  const feeds = feedsOf(model);
  const readers = links.map(({ to }) => readersOfDistinctTensors(to, feeds));
  const requests = readers.flat().map((layer) => ({ layer, of: 'input', statistic: maxAbs }) as const);
  const gathered: readonly Gathered[] = await gather(model, data, requests, options);
  const byLayer = new Map(readers.flat().map((layer, i) => [layer, finite(gathered[i]!, layer)]));
  return links.map(({ channels }, i) => {
    const ranges = new Float64Array(channels);
    for (const layer of readers[i]!) {
      byLayer
        .get(layer)!
        .forEach((range, j) => (ranges[j % channels] = Math.max(ranges[j % channels]!, range)));
    }
    return ranges;
  });
}

/** One of each set of layers that read the very same tensors. */
function readersOfDistinctTensors(layers: readonly tf.layers.Layer[], feeds: Feeds): tf.layers.Layer[] {
  const seen = new Set<GraphTensor>();
  return layers.filter((layer) => {
    const tensors = feeds.tensorsInto(layer);
    const isNew = tensors.some((tensor) => !seen.has(tensor));
    tensors.forEach((tensor) => seen.add(tensor));
    return isNew;
  });
}

function finite({ data }: Gathered, { name }: tf.layers.Layer): Float64Array {
  if (data.every(Number.isFinite)) return data;
  throw new UserError(
    `Expected finite numbers in the input of "${name}" to smooth, got NaN or infinite ones; look at the data and the model's weights.`,
  );
}
