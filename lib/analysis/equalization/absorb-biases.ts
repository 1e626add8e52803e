import type * as tf from '@tensorflow/tfjs';
import type { Skipped } from '../../compress/prepared';
import { UserError } from '../../core/errors';
import { scalingOf } from '../../core/scaling-of';
import { maskOf } from '../../pruning/model-masks';
import { ChannelStatistics, fingerprintOf, OutputStatistics } from './channel-statistics';
import type { Link } from './link';
import { linksOf } from './links';
import { Affine, affinesOf, Product } from './products';
import { expectLinks } from './rescale';
import { sizeOfSlot } from './slot';
import { expectNothingAttached, WeightValues, weightValues } from './values';

/** Options of {@link absorbBiases}. */
export interface AbsorbBiasesOptions {
  /** How many standard deviations below its mean a channel is taken to reach, at least 0. Default 3, as in the paper. */
  readonly deviations?: number;
}

/** What went from one layer's bias into others. */
export interface AbsorbedBias {
  /** Path of the layer whose bias became smaller. */
  readonly from: string;
  /** Paths of those whose biases took it. */
  readonly to: readonly string[];
  /** By how much each channel became smaller; 0 where it was left alone. */
  readonly amounts: Float64Array;
}

/** What moved on into the next layer, and what did not. */
export interface Absorbed {
  /** A row for each layer that gave away some of its bias. */
  readonly absorbed: readonly AbsorbedBias[];
  /** The other layers that make channels, and why they keep their bias. */
  readonly skipped: readonly Skipped[];
}

/**
 * Moves what is always there in a layer's output into the bias of the next, in place: ranges of activations become smaller, most of all
 * after `equalize` (Nagel et al. 2019, arXiv:1906.04721, section 4.1.3). Of a channel with mean β and standard deviation γ,
 *
 *     c = max(0, β − 3γ),   b1 ← b1 − c,   b2 ← b2 + W2 · c,
 *
 * which ReLU lets pass for all values of at least c, `relu(x − c) = relu(x) − c`: of a normal distribution 99.865 %. Values below become
 * as if they were c; without an activation in between nothing changes.
 *
 * Nothing is moved into a layer that pads with zeros (a convolution of padding 'same', unless it is 1 × 1), where c would be missing at
 * the edges, nor into or out of a bias that is not there or is masked.
 *
 * @param statistics of folded batch norms (their β and |γ|) or of data (`outputStatistics`), of the weights as they are now: absorb
 *   before you equalize, which gives the same, or gather again.
 * @throws UserError for statistics of other weights, a number of deviations that is none, NaN, something attached, and where there are
 *   no layers that could absorb. The model is then as it was.
 *
 * @example
 * const { model, statistics } = foldBatchNorm(trained);
 * absorbBiases(model, statistics);
 * equalize(model);
 */
export function absorbBiases(
  model: tf.LayersModel,
  statistics: OutputStatistics,
  { deviations = 3 }: AbsorbBiasesOptions = {},
): Absorbed {
  if (!(deviations >= 0)) {
    throw new UserError(`Expected 0 or more standard deviations to absorb biases by, got ${deviations}.`);
  }
  expectNothingAttached(model, 'absorb biases');
  const { links, skipped } = linksOf(model);
  const read = links.filter(({ kind }) => kind === 'read');
  expectLinks(model, read, skipped, 'biases that can be absorbed');
  const affineOf = affinesOf(model);
  read.forEach((link) => expectFresh(link, statistics, affineOf(link.from)));
  const values = weightValues();
  const results = read.map((link) =>
    absorb(link, statistics.get(link.fromPath), { deviations, affineOf, values }),
  );
  values.write();
  return {
    absorbed: results.filter((result) => 'amounts' in result),
    skipped: [...skipped, ...results.filter((result) => 'why' in result)],
  };
}

function expectFresh({ fromPath }: Link, statistics: OutputStatistics, affine: Affine): void {
  const given = statistics.get(fromPath);
  if (!given || given.fingerprint === fingerprintOf(affine)) return;
  throw new UserError(
    `Expected statistics of "${fromPath}" as it is now, but its weights have changed since; absorb biases before you equalize, or gather ` +
      'the statistics again.',
  );
}

interface Context {
  readonly deviations: number;
  readonly affineOf: (layer: tf.layers.Layer) => Affine;
  readonly values: WeightValues;
}

function absorb(link: Link, given: ChannelStatistics | undefined, context: Context): AbsorbedBias | Skipped {
  const { fromPath, toPaths, from, to } = link;
  const { affineOf, values, deviations } = context;
  const why = reasonAgainst(link, affineOf) ?? (given ? undefined : 'there are no statistics of it');
  if (why !== undefined) return { path: fromPath, why };
  const amounts = amountsOf(link, given!, deviations);
  if (amounts.every((amount) => amount === 0)) {
    return { path: fromPath, why: `no channel stays ${deviations} standard deviations above 0` };
  }
  const bias = values.of(affineOf(from).added[0]!.weight);
  amounts.forEach((amount, i) => (bias[i]! -= amount));
  to.forEach((layer) => take(affineOf(layer), amounts, values));
  return { from: fromPath, to: toPaths, amounts };
}

/** `max(0, mean − 3 · deviation)` of each channel. */
function amountsOf(
  { fromPath, channels }: Link,
  { mean, deviation }: ChannelStatistics,
  deviations: number,
): Float64Array {
  if (mean.length !== channels || deviation.length !== channels) {
    throw new UserError(
      `Expected statistics of ${channels} channels of "${fromPath}", got ${mean.length} means and ${deviation.length} deviations.`,
    );
  }
  const amounts = mean.map((value, i) => Math.max(0, value - deviations * deviation[i]!));
  if (amounts.every(Number.isFinite)) return amounts;
  throw new UserError(`Expected statistics of "${fromPath}" that are numbers, got NaN or infinite ones.`);
}

/** Why a constant cannot go from a layer's bias into those of the next ones. */
function reasonAgainst({ from, to, through }: Link, affineOf: Context['affineOf']): string | undefined {
  const padding = [...through, ...to].find((layer) => !scalingOf(layer).keepsConstants);
  if (padding) return `"${padding.name}" pads it with zeros, where a constant would be missing`;
  for (const layer of [from, ...to]) {
    const [bias] = affineOf(layer).added;
    if (!bias) return `"${layer.name}" has no bias`;
    if (maskOf(bias.weight.variable)) return `the bias of "${layer.name}" is masked`;
  }
  return undefined;
}

/** Adds to a layer's bias what its products make of a constant input. */
function take({ products, added }: Affine, constant: Float64Array, values: WeightValues): void {
  const made = products.reduce((input, product) => through(product, input, values), constant);
  const bias = values.of(added[0]!.weight);
  made.forEach((value, i) => (bias[i]! += value));
}

/** What a product makes of an input that is the same everywhere: sums over its places. */
function through({ reads, makes }: Product, input: Float64Array, values: WeightValues): Float64Array {
  const weights = values.of(makes.weight);
  const { shape } = makes.weight.variable;
  const runAfter = (axis: number) => shape.slice(axis + 1).reduce((product, size) => product * size, 1);
  const [inRun, outRun] = [runAfter(reads!.axes[0]!), runAfter(makes.axes.at(-1)!)];
  const [inputs, outputs] = [sizeOfSlot(reads!), sizeOfSlot(makes)];
  const made = new Float64Array(outputs);
  weights.forEach((weight, i) => {
    const channel = Math.floor(i / inRun) % inputs;
    made[Math.floor(i / outRun) % outputs]! += weight * input[channel % input.length]!;
  });
  return made;
}
