import { UserError } from '../core/errors';
import type { ByLayer, Cut } from './cut';
import type { Importance, Scores } from './importance';
import type { UnitCosts } from './multiply-adds';

/** Which units go, and what stays by that. */
export interface Choice {
  readonly cut: Required<Omit<Cut, 'layers'>>;
  /** What the units cost that stay. */
  readonly cost: number;
  /** The share of all importance that stays. */
  readonly kept: number;
}

/**
 * The heads and neurons that keep the most importance within a budget, **exactly** (Kwon et al., 2022, arXiv:2204.09656, algorithm 1): all heads
 * cost the same and all neurons do, so for each number of heads the best are those of the highest scores, with as many best neurons as
 * the budget leaves. Layers may lose all of either. Of equal scores the first stays.
 *
 * @param budget of what stays, in the unit of `costs`.
 * @throws UserError for a budget that is not a number from 0, and scores that are not finite.
 *
 * @example chooseUnits({ heads: [[3, 1]], neurons: [[1, 1, 1]] }, { head: 2, neuron: 1 }, 3).cut // { heads: [[1]], neurons: [[1, 2]] }
 */
export function chooseUnits(importance: Importance, costs: UnitCosts, budget: number): Choice {
  if (!(budget >= 0)) throw new UserError(`Expected a budget of at least 0 for what stays, got ${budget}.`);
  const [heads, neurons] = [ranked('heads', importance.heads), ranked('neurons', importance.neurons)];
  const [headSums, neuronSums] = [sums(heads), sums(neurons)];
  const neuronsBeside = (k: number) =>
    Math.min(Math.floor((budget - k * costs.head) / costs.neuron + ROUNDING), neurons.length);
  let best = 0;
  const valueOf = (k: number) => headSums[k]! + neuronSums[neuronsBeside(k)]!;
  for (let k = 1; k <= heads.length && neuronsBeside(k) >= 0; k++) if (valueOf(k) > valueOf(best)) best = k;
  const staying = neuronsBeside(best);
  const whole = headSums.at(-1)! + neuronSums.at(-1)!;
  return {
    cut: {
      heads: byLayer(heads.slice(best), importance.heads.length),
      neurons: byLayer(neurons.slice(staying), importance.neurons.length),
    },
    cost: best * costs.head + staying * costs.neuron,
    kept: whole === 0 ? 1 : valueOf(best) / whole,
  };
}

/** Of units: a budget of exactly so many is not missed by rounding. */
const ROUNDING = 1e-9;

interface Ranked {
  readonly layer: number;
  readonly unit: number;
  readonly score: number;
}

/** The most important first. */
function ranked(what: string, scores: readonly Scores[]): Ranked[] {
  const units = scores.flatMap((each, layer) => Array.from(each, (score, unit) => ({ layer, unit, score })));
  const wrong = units.find(({ score }) => !Number.isFinite(score));
  if (!wrong) return units.sort((a, b) => b.score - a.score);
  throw new UserError(
    `Expected finite scores of ${what}, got ${wrong.score} of number ${wrong.unit} in layer ${wrong.layer}; look at the data and the model.`,
  );
}

/** Of the first 0, 1, 2, … units. */
function sums(units: readonly Ranked[]): Float64Array {
  const found = new Float64Array(units.length + 1);
  units.forEach(({ score }, i) => (found[i + 1] = found[i]! + score));
  return found;
}

function byLayer(units: readonly Ranked[], layers: number): ByLayer {
  const found = Array.from({ length: layers }, (): number[] => []);
  units.forEach(({ layer, unit }) => found[layer]!.push(unit));
  return found.map((each) => each.sort((a, b) => a - b));
}
