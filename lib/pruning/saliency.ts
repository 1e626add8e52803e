import { Config, configured } from '../core/config';
import { seededRandom } from '../core/random';
import { Stats, WeightStatistic, weightTimesGradient } from './weight-statistics';

/** A weight to be scored: where it is, its values, and what was gathered of it. */
export interface ScoredWeight {
  /** As `weightsOf` names it. */
  readonly path: string;
  /** Kernels of dense layers are [inputs, outputs]. */
  readonly shape: readonly number[];
  /** [shape], row-major. Not to be written. */
  readonly data: Float32Array;
  /** What the saliency declares in `needs`. */
  readonly stats: Stats;
}

/**
 * How much each value of a weight is worth: a new array of the weight's length, larger = keep.
 *
 * On host arrays, not tensors: weights live in host memory, and an exact count under ties needs a selection over all values,
 * which is one pass over typed arrays and no tfjs op.
 *
 * @example
 * const fisher: Saliency = Object.assign(
 *   ({ data, stats }: ScoredWeight) => {
 *     const squares = stats(squaredGradients); // [shape]
 *     return data.map((w, i) => (w * w * squares[i]!) / 2);
 *   },
 *   { needs: [squaredGradients] },
 * );
 */
export interface Saliency {
  (weight: ScoredWeight): Float32Array;
  /** What must be known of a weight to score it. Default nothing: its values. */
  readonly needs?: readonly WeightStatistic[];
  /** Whether it takes the last axis for that of a weight's outputs. Default false. */
  readonly outputsLast?: boolean;
  /** How it was made. */
  readonly config?: Config;
}

/** `|w|`. Han et al., 2015 (arXiv:1506.02626). */
export const magnitude: Saliency = configured(
  ({ data }: ScoredWeight) => score(data, (i) => Math.abs(data[i]!)),
  'magnitude',
);

/**
 * First-order Taylor expansion of the loss, `|Σ w · g|`: by how much the loss of what was seen would change if the weight were 0.
 * Molchanov et al., 2017 (arXiv:1611.06440), whose units are feature maps.
 */
export const taylor: Saliency = needing(
  'taylor',
  ({ data, stats }: ScoredWeight) => {
    const products = stats(weightTimesGradient);
    return score(data, (i) => Math.abs(products[i]!));
  },
  [weightTimesGradient],
);

/**
 * `−Σ w · g` over training steps, each with the weights of its moment: weights that move towards 0 go. Sanh et al., 2020
 * (arXiv:2005.07683), from whose scores it differs in that they sum from the beginning of training, and this since the last update.
 */
export const movement: Saliency = needing(
  'movement',
  ({ data, stats }: ScoredWeight) => {
    const products = stats(weightTimesGradient);
    return score(data, (i) => -products[i]!);
  },
  [weightTimesGradient],
);

/** Uniform random scores, a function of (seed, path): the control that a saliency has to beat. */
export function randomSaliency(seed: number): Saliency {
  const saliency = ({ path, data }: ScoredWeight) => score(data, seededRandom(seed, 'saliency', path));
  return configured(saliency, 'randomSaliency', { seed });
}

/** A saliency without options, known by its name. */
export function needing(
  name: string,
  saliency: (weight: ScoredWeight) => Float32Array,
  needs: readonly WeightStatistic[],
): Saliency {
  return configured(Object.assign(saliency, { needs }), name);
}

/** Scores of all values, `data.map`, four times as fast. */
export function score(data: Float32Array, at: (index: number) => number): Float32Array {
  const scores = new Float32Array(data.length);
  for (let i = 0; i < scores.length; i++) scores[i] = at(i);
  return scores;
}
