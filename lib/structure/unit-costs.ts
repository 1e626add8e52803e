import type { ResolvedBertConfig } from '../models/bert-config';
import type { Importance, Scores } from './importance';

/** What one head and one neuron cost, in whatever unit. */
export interface UnitCosts {
  readonly head: number;
  readonly neuron: number;
}

type Widths = Pick<ResolvedBertConfig, 'hiddenSize' | 'headSize'>;

/**
 * Multiply-adds of one text: of a head `T · (4 · H · s + 2 · T · s)`, its three projections, the output projection, and the products of queries
 * with keys and of weights with values; of a neuron `T · 2 · H`.
 *
 * @param tokens T of the text.
 */
export function multiplyAdds({ hiddenSize, headSize }: Widths, tokens: number): UnitCosts {
  return {
    head: tokens * (4 * hiddenSize * headSize + 2 * tokens * headSize),
    neuron: tokens * 2 * hiddenSize,
  };
}

/** Weights and biases that go with a head, `4 · H · s + 3 · s`, and a neuron, `2 · H + 1`. */
export function unitParameters({ hiddenSize, headSize }: Widths): UnitCosts {
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
