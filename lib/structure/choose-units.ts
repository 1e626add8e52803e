import { UserError } from '../core/errors';
import type { ByLayer, Cut } from './cut';
import type { Importance, Scores } from './importance';
import type { UnitCosts } from './unit-costs';

/** Which units go, and what stays by that. */
export interface Choice {
  /** For `shrink` and `maskUnits`: the numbers of what goes in each layer. */
  readonly cut: Required<Omit<Cut, 'layers'>>;
  /** What the units cost that stay. */
  readonly cost: number;
  /** The share of all importance that stays. */
  readonly kept: number;
}

/** Options of {@link chooseUnits}. */
export interface ChoiceOptions {
  /** As many heads in each layer as in the others, and as many neurons; all that a layer has where it has fewer. Default false. */
  readonly perLayer?: boolean;
  /** The same share of heads as of neurons, for scores that cannot be compared between the two. Default false. */
  readonly apart?: boolean;
  /** Units that are gone before: they are part of the cut, and neither cost anything nor count. Default none. */
  readonly gone?: Omit<Cut, 'layers'>;
}

/**
 * The heads and neurons that keep the most importance within a budget, **exactly** (Kwon et al., 2022, arXiv:2204.09656, algorithm 1): all heads
 * cost the same and all neurons do, so for each number of heads the best are those of the highest scores, with as many best neurons as
 * the budget leaves. Layers may lose all of either. Of equal scores the first stays, of equally good choices the one that costs
 * most, then the one with the fewest heads. What has no score, where a layer's list is empty, stays and is not counted.
 *
 * @param costs in whatever unit: multiply-adds, parameters, milliseconds, or 1 for a budget that is a number of units.
 * @param budget of what stays, in the unit of `costs`.
 * @throws UserError for a budget that is not a number from 0, costs that are not above 0, and scores that are below 0 or no numbers.
 *
 * @example chooseUnits({ heads: [[3, 1]], neurons: [[1, 1, 1]] }, { head: 2, neuron: 1 }, 3).cut // { heads: [[1]], neurons: [[1, 2]] }
 */
export function chooseUnits(
  importance: Importance,
  costs: UnitCosts,
  budget: number,
  { perLayer = false, apart = false, gone = {} }: ChoiceOptions = {},
): Choice {
  if (!(budget >= 0)) throw new UserError(`Expected a budget of at least 0 for what stays, got ${budget}.`);
  expectCosts(costs);
  const heads = ladderOf('heads', importance.heads, gone.heads, perLayer);
  const neurons = ladderOf('neurons', importance.neurons, gone.neurons, perLayer);
  const [h, n] = apart
    ? sameShare(heads, neurons, costs, budget)
    : mostImportant(heads, neurons, costs, budget);
  const whole = heads.sums.at(-1)! + neurons.sums.at(-1)!;
  return {
    cut: { heads: goneFrom(heads, h), neurons: goneFrom(neurons, n) },
    cost: heads.ends[h]! * costs.head + neurons.ends[n]! * costs.neuron,
    kept: whole === 0 ? 1 : (valueAt(heads, h) + valueAt(neurons, n)) / whole,
  };
}

function expectCosts({ head, neuron }: UnitCosts): void {
  const wrong = [head, neuron].find((cost) => !(cost > 0 && cost < Infinity));
  if (wrong === undefined) return;
  throw new UserError(`Expected costs above 0 of a head and a neuron, got ${wrong}.`);
}

interface Ranked {
  readonly layer: number;
  readonly unit: number;
  readonly score: number;
  /** How many of its layer are more important. */
  readonly place: number;
}

/** Units in the order in which they are kept, in steps of those that stay together. */
interface Ladder {
  readonly units: readonly Ranked[];
  /** How many units 0, 1, 2, … steps are. */
  readonly ends: readonly number[];
  /** What the first 0, 1, 2, … units are worth. */
  readonly sums: Float64Array;
  readonly gone: ByLayer;
}

function ladderOf(what: string, scores: readonly Scores[], gone: ByLayer = [], perLayer: boolean): Ladder {
  const layers = scores.map((each, layer) => rankedIn(what, each, layer, gone[layer] ?? []));
  const units = layers.flat().sort((a, b) => (perLayer && a.place - b.place) || b.score - a.score);
  const isEnd = (i: number) => !perLayer || units[i]!.place !== units[i + 1]?.place;
  const sums = new Float64Array(units.length + 1);
  units.forEach(({ score }, i) => (sums[i + 1] = sums[i]! + score));
  const ends = [0, ...units.flatMap((_, i) => (isEnd(i) ? [i + 1] : []))];
  return { units, ends, sums, gone: scores.map((_, layer) => gone[layer] ?? []) };
}

/** The units of a layer that are not gone, the most important first. */
function rankedIn(what: string, scores: Scores, layer: number, gone: readonly number[]): Ranked[] {
  const wrong = Array.from(scores).findIndex((score) => !(score >= 0 && score < Infinity));
  if (wrong >= 0) {
    throw new UserError(
      `Expected scores of ${what} from 0, got ${scores[wrong]} of number ${wrong} in layer ${layer}; look at the data and the model.`,
    );
  }
  const away = new Set(gone);
  return Array.from(scores, (score, unit) => ({ unit, score }))
    .filter(({ unit }) => !away.has(unit))
    .sort((a, b) => b.score - a.score)
    .map((each, place) => ({ ...each, layer, place }));
}

const valueAt = ({ sums, ends }: Ladder, step: number): number => sums[ends[step]!]!;

/** Steps of heads and of neurons. */
type Steps = readonly [heads: number, neurons: number];

/** The best of all pairs within the budget: more heads leave room for fewer neurons. */
function mostImportant(heads: Ladder, neurons: Ladder, costs: UnitCosts, budget: number): Steps {
  const most = budget + roundingOf(costs);
  let best = { steps: [0, 0] as Steps, value: -Infinity, cost: 0 };
  let n = neurons.ends.length - 1;
  for (const [h, count] of heads.ends.entries()) {
    while (n > 0 && neurons.ends[n]! * costs.neuron > most - count * costs.head) n--;
    const value = valueAt(heads, h) + valueAt(neurons, n);
    const cost = count * costs.head + neurons.ends[n]! * costs.neuron;
    if (cost > most) break;
    if (value > best.value || (value === best.value && cost > best.cost))
      best = { steps: [h, n], value, cost };
  }
  return best.steps;
}

/**
 * As large a share of heads as of the budget, and the neurons that there is room for then. Shares are of all units, those that were gone before
 * too: many small steps lose no more heads than a large one.
 */
function sameShare(heads: Ladder, neurons: Ladder, costs: UnitCosts, budget: number): Steps {
  const count = ({ units, gone }: Ladder) => units.length + gone.flat().length;
  const whole = count(heads) * costs.head + count(neurons) * costs.neuron;
  const most = budget + roundingOf(costs);
  const share = whole > most ? most / whole : 1;
  const fitting = ({ ends }: Ladder, room: number) => ends.findLastIndex((end) => end <= room);
  const h = fitting(heads, share * count(heads));
  return [h, fitting(neurons, (most - heads.ends[h]! * costs.head) / costs.neuron)];
}

/** A budget of exactly so many units is not missed by rounding. */
const roundingOf = ({ head, neuron }: UnitCosts): number => 1e-9 * Math.max(head, neuron);

/** Units beyond so many steps, and those that were gone before. */
function goneFrom({ units, ends, gone }: Ladder, step: number): ByLayer {
  const found = gone.map((each) => [...each]);
  units.slice(ends[step]).forEach(({ layer, unit }) => found[layer]!.push(unit));
  return found.map((each) => each.sort((a, b) => a - b));
}
