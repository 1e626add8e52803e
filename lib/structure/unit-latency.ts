import type * as tf from '@tensorflow/tfjs';
import { linearRegression } from 'simple-statistics';
import { LatencyOptions, measureLatency } from '../analysis/latency';
import { UserError } from '../core/errors';
import type { HostTensor } from '../core/host-tensor';
import type { ResolvedBertConfig } from '../models/bert-config';
import { bertConfigOf } from '../models/bert-config-of';
import type { ByLayer } from './cut';
import { shrink } from './shrink';
import type { UnitCosts } from './unit-costs';

/** How long a batch takes with so many heads and neurons in all. */
export interface UnitLatencyRow {
  /** Over all layers. */
  readonly heads: number;
  /** Over all layers. */
  readonly neurons: number;
  /** Of one batch. */
  readonly milliseconds: number;
}

/** Of the heads and of the neurons of each layer, in all pairs. */
const SHARES = [1, 2 / 3, 1 / 3];

/**
 * **Measures what heads and neurons take** in onnxruntime, for a budget of latency: files of the model with all, two thirds and a third of the
 * heads and of the neurons of each layer, in all nine pairs, run in turns (`measureLatency`).
 *
 * @param xs the batch to time, in the order of the model's inputs.
 * @throws UserError for a model that was not built by `bert`, and as `measureLatency` does.
 *
 * @example
 * const costs = latencyCosts(await unitLatency(model, batch, { threads: 1 }));
 * await shrinkToBudget(model, { data, removed: 0.5, costs }); // half of what units cost; of the whole latency, see `latencyBudget`
 */
export async function unitLatency(
  model: tf.LayersModel,
  xs: readonly HostTensor[],
  options: LatencyOptions = {},
): Promise<UnitLatencyRow[]> {
  const config = bertConfigOf(model);
  const models = SHARES.flatMap((heads) => SHARES.map((neurons) => smaller(model, config, heads, neurons)));
  try {
    const times = await measureLatency(models, xs, options);
    return models.map((each, i) => ({ ...countsOf(bertConfigOf(each)), milliseconds: times[i]! }));
  } finally {
    models.forEach((each) => each.dispose());
  }
}

/**
 * What a head and a neuron cost, in milliseconds: `ms ≈ a + head · heads + neuron · neurons` by least squares. What else the model takes, `a`, is
 * beside a budget of them.
 *
 * @param rows of `unitLatency`, or others that have each number of heads with each number of neurons.
 * @throws UserError where fewer units saved no time: layers are too narrow, or the machine is too busy, to tell.
 */
export function latencyCosts(rows: readonly UnitLatencyRow[]): UnitCosts {
  return { head: slope(rows, 'heads'), neuron: slope(rows, 'neurons') };
}

function smaller(
  model: tf.LayersModel,
  { heads, intermediateSize }: ResolvedBertConfig,
  ofHeads: number,
  ofNeurons: number,
): tf.LayersModel {
  return shrink(model, { heads: beyond(heads, ofHeads), neurons: beyond(intermediateSize, ofNeurons) });
}

/** The last units of each layer, but for a share of them. */
function beyond(sizes: readonly number[], share: number): ByLayer {
  return sizes.map((size) => {
    const kept = Math.ceil(share * size);
    return Array.from({ length: size - kept }, (_, i) => kept + i);
  });
}

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

const countsOf = ({ heads, intermediateSize }: ResolvedBertConfig) => ({
  heads: sum(heads),
  neurons: sum(intermediateSize),
});

/** Where all pairs are measured, heads and neurons are uncorrelated, and a slope of the plane is that of a line. */
function slope(rows: readonly UnitLatencyRow[], of: 'heads' | 'neurons'): number {
  const { m } = linearRegression(rows.map((row) => [row[of], row.milliseconds]));
  if (m > 0) return m;
  throw new UserError(
    `Expected a latency that grows with the number of ${of}, got ${m} ms for one more; measure more runs, longer texts, or a wider model.`,
  );
}
