import { Config, configured } from '../core/config';
import { bitsOf, HELD_BITS } from './select';

/**
 * What becomes of weights that are pruned already when masks are made anew: the scores by which all weights compete, from those of
 * the saliency. −Infinity holds a weight pruned, whatever the sparsity.
 *
 * @param scores larger = keep; may be written, and be what is returned.
 * @param mask the mask so far, 1 = keep.
 */
export interface MaskRule {
  (scores: Float32Array, mask: Uint8Array): Float32Array;
  /** How it was made. */
  readonly config?: Config;
}

/** What is pruned stays pruned. */
export const growOnly: MaskRule = configured((scores: Float32Array, mask: Uint8Array) => {
  const bits = bitsOf(scores);
  // In bits, for a branch on what is as good as random costs more than all the rest: −1 keeps all bits, 0 takes those of −Infinity.
  for (let i = 0; i < mask.length; i++) bits[i] = (bits[i]! & -mask[i]!) | (HELD_BITS & (mask[i]! - 1));
  return scores;
}, 'growOnly');

/**
 * Pruned weights compete with the others, by the same scores: those that win come back, and others go for them. Under a hard mask they
 * come back as 0, with moments of 0, so that only a saliency that does not look at magnitude brings them back; under a latent mask with
 * the value that the optimizer has given them meanwhile.
 *
 * Mocanu et al., 2018 (arXiv:1707.04780); Evci et al., 2020 (arXiv:1911.11134).
 */
export const regrow: MaskRule = configured((scores: Float32Array) => scores, 'regrow');
