import { configured } from '../../core/config';
import type { Saliency, ScoredWeight } from '../saliency';
import { bitsOf, sortKey } from '../select';

/**
 * A saliency whose scores compare weights inside of each output only (the last axis): the share, from 0 to below 1, of the output's weights
 * that score lower. So one threshold prunes the same share of every output. Among equals the earlier are kept.
 *
 * @example pruner({ schedule, saliency: withinOutputs(magnitude) });
 */
export function withinOutputs(saliency: Saliency): Saliency {
  const ranked = (weight: ScoredWeight) => ranksWithinOutputs(saliency(weight), weight.shape);
  return configured(Object.assign(ranked, { needs: saliency.needs, outputsLast: true }), 'withinOutputs', {
    saliency,
  });
}

function ranksWithinOutputs(scores: Float32Array, shape: readonly number[]): Float32Array {
  const outputs = shape.at(-1) ?? 1;
  const inputs = scores.length / outputs;
  const bits = bitsOf(scores);
  const ranks = new Float32Array(scores.length);
  const order = new Float64Array(inputs);
  for (let o = 0; o < outputs; o++) {
    // A key and a place in one number, exact below 2⁵³, sorts four times as fast as places by their scores.
    for (let i = 0; i < inputs; i++) order[i] = sortKey(bits[i * outputs + o]!) * inputs + (inputs - 1 - i);
    order.sort();
    for (let rank = 0; rank < inputs; rank++) {
      const at = (inputs - 1 - (order[rank]! % inputs)) * outputs + o;
      ranks[at] = scores[at]! > -Infinity ? rank / inputs : scores[at]!; // what is no score stays none
    }
  }
  return ranks;
}
