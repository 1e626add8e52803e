import type * as tf from '@tensorflow/tfjs';
import { LatencyOptions, measureLatency } from '../analysis/latency';
import type { HostTensor } from '../core/host-tensor';
import { bertConfigOf } from '../models/bert-config-of';
import { ChoiceOptions, chooseUnits } from './choose-units';
import { expectScores } from './expect-scores';
import { expectShare } from './expect-share';
import type { Importance } from './importance';
import { meetShare, Met } from './meet-share';
import { shrink } from './shrink';
import { scoredCost, UnitCosts } from './unit-costs';

/** Options of {@link latencyBudget}. */
export interface LatencyBudgetOptions extends LatencyOptions, Pick<ChoiceOptions, 'perLayer' | 'apart'> {
  /** The share of the model's latency that is to go, in [0, 1]. */
  readonly removed: number;
  /** What a head and a neuron cost, by which they are chosen: `latencyCosts`. */
  readonly costs: UnitCosts;
}

/** A budget of units that comes to a share of a model's latency: options of `shrinkToBudget`. */
export interface LatencyBudget extends Met {
  /** Those that it was asked with. */
  readonly costs: UnitCosts;
}

/**
 * **What goes for a share of the measured latency.** Costs of a head and a neuron are means over layers, while the same unit saves less in a last layer of
 * which only the first token is read, and what is left without any units takes time too. So models that the importance chooses are cut and
 * measured, in turns with the whole one, and the budget is corrected between those nearest, until a hundredth of what is asked or four times; the
 * nearest counts. Measurements differ from run to run: keep what was found.
 *
 * @param xs the batch to time, in the order of the model's inputs.
 * @throws UserError for a share that is none or that cannot be reached, with the largest that can, scores that do not fit the model, and as
 *   `chooseUnits` and `measureLatency` do.
 *
 * @example
 * const costs = latencyCosts(await unitLatency(model, batch, { threads: 1 }));
 * const importance = await logitFisher(model, batches);
 * const found = await latencyBudget(model, importance, batch, { removed: 0.5, costs, threads: 1 });
 * await shrinkToBudget(model, { data: batches, importance: async () => importance, ...found });
 */
export async function latencyBudget(
  model: tf.LayersModel,
  importance: Importance,
  xs: readonly HostTensor[],
  { removed: asked, costs, perLayer, apart, ...latency }: LatencyBudgetOptions,
): Promise<LatencyBudget> {
  expectShare(asked, 'the latency');
  expectScores(importance, bertConfigOf(model));
  const whole = scoredCost(importance, costs);
  const measure = (removed: number): Promise<number> => {
    const { cut } = chooseUnits(importance, costs, (1 - removed) * whole, { perLayer, apart });
    return leftOf(model, shrink(model, cut), xs, latency);
  };
  return { costs, ...(await meetShare(asked, measure)) };
}

async function leftOf(
  model: tf.LayersModel,
  smaller: tf.LayersModel,
  xs: readonly HostTensor[],
  options: LatencyOptions,
): Promise<number> {
  try {
    const [before, after] = await measureLatency([model, smaller], xs, options);
    return after! / before!;
  } finally {
    smaller.dispose();
  }
}
