import { UserError } from '../core/errors';
import { Distribution, uniformDistribution } from './distribution';
import { countPruned, MaskSet, maskSet } from './mask';
import { Pattern, unstructured } from './pattern';
import { magnitude, Saliency } from './saliency';

/** A weight in host memory. */
export interface PrunableWeight {
  readonly data: Float32Array;
  readonly shape: readonly number[];
  /** Gradient of the loss, for saliencies that use it. */
  readonly gradient?: Float32Array;
}

/** What is worth keeping, how much of each weight goes, and in which shape. */
export interface PruneOptions {
  /** Default `magnitude`. */
  readonly saliency?: Saliency;
  /** Default `uniformDistribution()`. */
  readonly distribution?: Distribution;
  /** Default `unstructured`. */
  readonly pattern?: Pattern;
}

/**
 * Masks that bring weights to a sparsity. What `masks` already prunes stays pruned, even if that is more than asked for; all
 * else is scored anew.
 *
 * @param sparsity fraction in [0, 1) of all the weights given; the number pruned is `round(sparsity · n)`.
 * @param masks the masks so far; empty for a dense model.
 *
 * @example
 * const masks = prune(0.5, new Map([['dense/kernel', { data, shape: [2, 2] }]]), new Map());
 */
export function prune(
  sparsity: number,
  weights: ReadonlyMap<string, PrunableWeight>,
  masks: MaskSet,
  { saliency = magnitude, distribution = uniformDistribution(), pattern = unstructured }: PruneOptions = {},
): MaskSet {
  const entries = [...weights].map(([path, weight]) => {
    const mask = maskOf(masks, path, weight);
    return { path, scores: prunedFirst(saliency({ path, ...weight }), mask), mask };
  });
  const counts = distribution(
    entries.map(({ scores }) => scores),
    sparsity,
  );
  return maskSet(
    entries.map(({ path, scores, mask }, i) => {
      const already = mask ? countPruned(mask) : 0;
      return [path, pattern(scores, Math.max(counts[i]!, already))];
    }),
  );
}

/** A pruned weight scores below every other, so it is the first to be pruned again. */
function prunedFirst(scores: Float32Array, mask: Uint8Array | undefined): Float32Array {
  for (let i = 0; mask && i < mask.length; i++) if (mask[i] === 0) scores[i] = -Infinity;
  return scores;
}

function maskOf(masks: MaskSet, path: string, { data }: PrunableWeight): Uint8Array | undefined {
  const mask = masks.get(path);
  if (mask && mask.length !== data.length) {
    throw new UserError(`Expected ${data.length} values in the mask of "${path}", got ${mask.length}.`);
  }
  return mask;
}
