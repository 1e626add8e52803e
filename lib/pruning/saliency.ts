import { UserError } from '../core/errors';
import { seededRandom } from '../core/random';

/** A weight to be scored: where it is, its values, and the loss's gradient at them where there is one. */
export interface ScoredWeight {
  readonly path: string;
  readonly data: Float32Array;
  readonly gradient?: Float32Array;
}

/**
 * How much each value of a weight is worth: a new array of the weight's length, larger = keep.
 *
 * On host arrays, not tensors: weights live in host memory, and an exact count under ties needs a selection over all values,
 * which is one pass over typed arrays and no tfjs op.
 */
export type Saliency = (weight: ScoredWeight) => Float32Array;

/** `|w|`. Han et al., 2015 (arXiv:1506.02626). */
export const magnitude: Saliency = ({ data }) => score(data, (i) => Math.abs(data[i]!));

/** First-order Taylor expansion of the loss, `|w · dL/dw|`. Molchanov et al., 2017 (arXiv:1611.06440). */
export const taylor: Saliency = (weight) => {
  const { data } = weight;
  const gradient = gradientOf(weight);
  return score(data, (i) => Math.abs(data[i]! * gradient[i]!));
};

/** `-w · dL/dw`: weights that move towards 0 go. One step's term of Sanh et al., 2020 (arXiv:2005.07683). */
export const movement: Saliency = (weight) => {
  const { data } = weight;
  const gradient = gradientOf(weight);
  return score(data, (i) => -data[i]! * gradient[i]!);
};

/** Uniform random scores, a function of (seed, path): the control that a saliency has to beat. */
export function randomSaliency(seed: number): Saliency {
  return ({ path, data }) => score(data, seededRandom(seed, 'saliency', path));
}

/** `data.map`, four times as fast. */
function score(data: Float32Array, at: (index: number) => number): Float32Array {
  const scores = new Float32Array(data.length);
  for (let i = 0; i < scores.length; i++) scores[i] = at(i);
  return scores;
}

function gradientOf({ path, gradient }: ScoredWeight): Float32Array {
  if (!gradient) {
    throw new UserError(`Expected a gradient for "${path}", which this saliency needs, got none.`);
  }
  return gradient;
}
