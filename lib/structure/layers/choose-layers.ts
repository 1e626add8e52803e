import { UserError } from '../../core/errors';
import type { ResolvedBertConfig } from '../../models/bert-config';
import { frontOf, Partial, picksOf } from '../../analysis/search/knapsack';
import type { Scores } from '../importance';
import type { UnitCosts } from '../unit-costs';

/** Which layers go, and what stays by that. */
export interface LayerChoice {
  /** For `shrink`. */
  readonly cut: {
    /** Those that go, from 0, ascending. */
    readonly layers: readonly number[];
  };
  /** What the layers cost that stay. */
  readonly cost: number;
  /** The share of all importance that stays. */
  readonly kept: number;
}

/**
 * The layers that keep the most importance within a budget, **exactly**, where they cost the same or not. One stays at least; one of no
 * importance stays, too, where there is room.
 *
 * @param scores of each layer, from 0: `layerChanges`, `layersLeftOut`.
 * @param costs of each layer, from 0, in whatever unit: `layerCosts`, or 1 each for a budget that is a number of layers.
 * @param budget of what stays.
 * @throws UserError for scores and costs that are below 0 or no numbers, lists of different lengths, and a budget that no layer fits in.
 *
 * @example chooseLayers([3, 1, 2], [1, 1, 1], 2).cut // { layers: [1] }
 */
export function chooseLayers(scores: Scores, costs: readonly number[], budget: number): LayerChoice {
  expectNumbers('scores', scores);
  expectNumbers('costs', costs);
  if (scores.length !== costs.length) {
    throw new UserError(`Expected a cost of each of the ${scores.length} layers, got ${costs.length}.`);
  }
  const most = budget + 1e-9 * Math.max(...costs); // so that rounding misses no budget of exactly some layers
  const best = answersOf(Array.from(scores), costs).findLast(({ cost }) => cost <= most);
  const layers = best ? goneBy(best) : [];
  if (!best || layers.length === scores.length) throw tooLittle(costs, budget);
  const sum = (of: Scores) => Array.from(of).reduce((total, score) => total + score, 0);
  const whole = sum(scores);
  const lost = sum(layers.map((layer) => scores[layer]!));
  return { cut: { layers }, cost: best.cost, kept: whole === 0 ? 1 : 1 - lost / whole };
}

/** Every choice that none beats: costs rise, losses fall. A layer of no importance still stays where there is room. */
function answersOf(scores: readonly number[], costs: readonly number[]): readonly Partial[] {
  const least = 1e-12 * (Math.max(...scores) || 1);
  const layers = scores.map((score, i) => [
    { cost: costs[i]!, loss: 0 },
    { cost: 0, loss: score + least },
  ]);
  return frontOf(layers, { start: { cost: 0, loss: 0 }, most: MOST_ANSWERS }).partials;
}

/** Enough for any 20 layers. */
const MOST_ANSWERS = 2 ** 20;

const goneBy = (answer: Partial): number[] =>
  picksOf(answer).flatMap((pick, layer) => (pick === 1 ? [layer] : []));

/** What each layer's heads and neurons cost. */
export function layerCosts(
  { heads, intermediateSize }: Pick<ResolvedBertConfig, 'heads' | 'intermediateSize'>,
  { head, neuron }: UnitCosts,
): number[] {
  return heads.map((count, layer) => count * head + intermediateSize[layer]! * neuron);
}

function expectNumbers(what: string, values: Scores): void {
  const wrong = Array.from(values).findIndex((value) => !(value >= 0 && value < Infinity));
  if (wrong < 0) return;
  throw new UserError(`Expected ${what} of layers from 0, got ${values[wrong]} of layer ${wrong}.`);
}

function tooLittle(costs: readonly number[], budget: number): UserError {
  return new UserError(
    `Expected a budget that the cheapest layer fits in, ${Math.min(...costs)}, got ${budget}: one layer stays at least.`,
  );
}
