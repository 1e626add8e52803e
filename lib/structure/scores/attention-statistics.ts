import * as tf from '@tensorflow/tfjs';
import { attach, Transform } from '../../core/attach';
import { dims } from '../../core/dims';
import { forwardThrough } from '../../forward/forward';
import { bertConfigOf } from '../../models/bert-config-of';
import type { Importance, UnlabelledBatches } from '../importance';
import { summedOver } from './passes';

/** What is measured of a head's attention probabilities. */
export const attentionStatisticNames = ['mean', 'variance', 'entropy', 'confidence', 'focus'] as const;
/** One of `attentionStatisticNames`. */
export type AttentionStatistic = (typeof attentionStatisticNames)[number];

/** By layer, a number of each head. */
export type AttentionStatistics = Readonly<Record<AttentionStatistic, readonly (readonly number[])[]>>;

/**
 * **Statistics of attention probabilities**, of each head: with p_ij what the i-th of a text's T real tokens pays to the j-th, the mean over all real
 * tokens i of all texts of
 *
 * - `mean`: `Σ_j p_ij / T`, that is 1/T: the same for every head, for probabilities sum to 1. It tells nothing of a head, as a control;
 * - `variance`: `Σ_j (p_ij − 1/T)² / T`;
 * - `entropy`: `−Σ_j p_ij ln p_ij`, in nats, 0 for one token and ln T for all alike (Clark et al., 2019, arXiv:1906.04341);
 * - `confidence`: `max_j p_ij` (Voita et al., 2019, arXiv:1905.09418, who leave the end of the sentence out);
 * - `focus`: `ln T` − entropy, the divergence from attention to all alike: the entropy's opposite, whatever the length of the text.
 *
 * Padding neither pays nor is paid. Nothing depends on how texts come in batches but for rounding.
 *
 * @throws UserError for a model that was not built by `bert`, and without data.
 */
export async function attentionStatistics(
  model: tf.LayersModel,
  batches: UnlabelledBatches,
): Promise<AttentionStatistics> {
  const { heads } = bertConfigOf(model);
  const having = heads.flatMap((count, i) => (count > 0 ? [i] : []));
  const totals = await summedOver(model, batches, (xs) => {
    const sums = having.map((): tf.Tensor[] => []);
    const attachments = having.map((i, place) =>
      attach(model.getLayer(`encoder/${i}/attention/core`), 'probabilities', summing(xs[1]!, sums[place]!)),
    );
    try {
      forwardThrough(model, xs, { pass: 'inference', whole: true });
      return [xs[1]!.toFloat().sum(), ...sums.flat().map(ownedHere)];
    } finally {
      attachments.forEach((attachment) => attachment.detach());
    }
  });
  const [[tokens], ...found] = totals as [Float64Array, ...Float64Array[]];
  const of = (statistic: AttentionStatistic) =>
    heads.map((count, layer) =>
      Array.from({ length: count }, (_, head) => {
        const sums = found[having.indexOf(layer)]!; // [statistics, heads]
        return sums[attentionStatisticNames.indexOf(statistic) * count + head]! / tokens!;
      }),
    );
  return {
    mean: of('mean'),
    variance: of('variance'),
    entropy: of('entropy'),
    confidence: of('confidence'),
    focus: of('focus'),
  };
}

/**
 * Heads by a statistic of their attention: those of high variance, confidence or focus, of low entropy, look at few tokens. By `entropy` itself
 * the heads stay that look at all alike.
 */
export async function attentionImportance(
  model: tf.LayersModel,
  batches: UnlabelledBatches,
  statistic: AttentionStatistic,
): Promise<Importance> {
  const { [statistic]: heads } = await attentionStatistics(model, batches);
  return { heads, neurons: heads.map(() => []) };
}

/** Puts the sums of what passes by over real tokens, [statistics, heads], into a list. */
function summing(mask: tf.Tensor, into: tf.Tensor[]): Transform {
  return {
    revision: 'attention statistics',
    apply(probabilities) {
      into.push(tf.keep(tf.tidy(() => sumsOf(probabilities, mask))));
      return probabilities;
    },
    state: () => ({}),
    dispose() {},
  };
}

/** Rounding makes nothing of it negative. @param p [batch, heads, queries, keys]. @param mask [batch, time]. */
function sumsOf(p: tf.Tensor, mask: tf.Tensor): tf.Tensor {
  const [batch, , time] = dims(p, 4);
  const real = mask.toFloat().reshape([batch, 1, time]); // of queries
  const length = mask.toFloat().sum(1).maximum(1).reshape([batch, 1, 1]); // T; a text of padding alone counts no token
  const mean = p.sum(-1).div(length); // [batch, heads, queries]
  const entropy = p.mul(p.maximum(LEAST).log()).sum(-1).neg().maximum(0);
  const values: Readonly<Record<AttentionStatistic, tf.Tensor>> = {
    mean,
    variance: p.square().sum(-1).div(length).sub(mean.square()).maximum(0),
    entropy,
    confidence: p.max(-1),
    focus: length.log().sub(entropy).maximum(0),
  };
  return tf.stack(attentionStatisticNames.map((name) => values[name].mul(real).sum([0, 2])));
}

/** What a probability of 0 is for its logarithm: `0 · ln 0` is 0. */
const LEAST = 1e-30;

/** A tensor that was kept beyond its scope, as one of the present scope. */
function ownedHere(kept: tf.Tensor): tf.Tensor {
  const copy = kept.clone();
  kept.dispose();
  return copy;
}
