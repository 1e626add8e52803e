import type { ResolvedBertConfig } from '../models/bert-config';
import type { Importance, Scores } from './importance';

/** What one head and one neuron cost, in whatever unit. */
export interface UnitCosts {
  /** One attention head, its three projections and its part of the output projection. */
  readonly head: number;
  /** One neuron of a feed-forward network, its column and its row. */
  readonly neuron: number;
}

/** The sizes that the costs of a BERT's units depend on. */
export type UnitWidths = Pick<ResolvedBertConfig, 'hiddenSize' | 'headSize'>;

/**
 * Multiply-adds of one text: of a head `T · (4 · H · s + 2 · T · s)`, its three projections, the output projection, and the products of queries
 * with keys and of weights with values; of a neuron `T · 2 · H`.
 *
 * @param tokens T of the text.
 */
export function multiplyAdds({ hiddenSize, headSize }: UnitWidths, tokens: number): UnitCosts {
  return {
    head: tokens * (4 * hiddenSize * headSize + 2 * tokens * headSize),
    neuron: tokens * 2 * hiddenSize,
  };
}

/** Weights and biases that go with a head, `4 · H · s + 3 · s`, and a neuron, `2 · H + 1`. */
export function unitParameters({ hiddenSize, headSize }: UnitWidths): UnitCosts {
  return { head: 4 * hiddenSize * headSize + 3 * headSize, neuron: 2 * hiddenSize + 1 };
}

/** Costs of 1: a budget is a number of units. */
export const unitCount: UnitCosts = { head: 1, neuron: 1 };

/** What all units that have a score cost. */
export function scoredCost({ heads, neurons }: Importance, costs: UnitCosts): number {
  const counts = (scores: readonly Scores[]) => scores.map(({ length }) => length);
  return encoderCost({ heads: counts(heads), intermediateSize: counts(neurons) }, costs);
}

/** What all heads and neurons of an encoder cost. */
export function encoderCost(
  { heads, intermediateSize }: Pick<ResolvedBertConfig, 'heads' | 'intermediateSize'>,
  { head, neuron }: UnitCosts,
): number {
  return head * total(heads) + neuron * total(intermediateSize);
}

const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);
