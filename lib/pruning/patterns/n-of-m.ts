import { configured } from '../../core/config';
import { UserError } from '../../core/errors';
import { sizeOf } from '../../core/host-tensor';
import { Pattern, unstructured } from '../pattern';

/** Options of {@link nOfM}. */
export interface NOfMOptions {
  /** How many weights of a group stay at least. */
  readonly keep: number;
  /** Weights of a group. */
  readonly of: number;
}

/**
 * N:M sparsity: of every `of` weights that follow each other along the reduction axis (the last but one: inputs of a dense kernel, input
 * channels of a convolution), `keep` stay at least. The others, the lowest of each group, are candidates, and the lowest candidates go: all of
 * them at a sparsity of `1 − keep / of`, which is the most that it can have. Units are single weights. Among equals the earlier are kept.
 *
 * Zhou et al., 2021 (arXiv:2102.04010); 2 of 4, which processors of NVIDIA multiply twice as fast: Mishra et al., 2021 (arXiv:2104.08378).
 *
 * @throws UserError for numbers that are no whole ones with 1 <= keep < of; where it is used, for an axis that `of` does not divide, and for
 *   more weights than are candidates.
 *
 * @example pruner({ schedule: cubicDecay({ finalSparsity: 0.5, end: 0.7 }), pattern: nOfM({ keep: 2, of: 4 }) });
 */
export function nOfM({ keep, of }: NOfMOptions): Pattern {
  if (![keep, of].every(Number.isInteger) || keep < 1 || keep >= of) {
    throw new UserError(`Expected whole numbers with 1 <= keep < of, such as 2 of 4, got ${keep} of ${of}.`);
  }
  const pattern: Pattern = {
    maxSparsity: (of - keep) / of,
    outputsLast: true,
    units(shape) {
      if ((shape.at(-2) ?? 1) % of === 0) return sizeOf(shape);
      throw new UserError(
        `Expected a last axis but one that ${of} divides, got shape [${shape.join(', ')}]; leave the weight out of the targets.`,
      );
    },
    pool: (scores, shape) => candidatesOf(scores, shape.at(-1)!, of - keep, of),
    mask(unitScores, count, shape) {
      const candidates = unitScores.reduce((sum, score) => sum + Number(score < Infinity), 0);
      if (count <= candidates) return unstructured.mask(unitScores, count, shape);
      throw new UserError(
        `Expected at most ${candidates} weights to prune, ${of - keep} of ${of}, got ${count}; share a sparsity out in another way.`,
      );
    },
  };
  return configured(pattern, 'nOfM', { keep, of });
}

/** The scores of what may go, the `lowest` of each group and what stays pruned anyway, and Infinity of the rest. */
function candidatesOf(scores: Float32Array, width: number, lowest: number, of: number): Float32Array {
  const units = new Float32Array(scores.length);
  for (let row = 0; row < scores.length / width; row += of) {
    for (let first = row * width; first < (row + 1) * width; first++) {
      for (let at = first, place = 0; place < of; place++, at += width) {
        const isHeld = scores[at] === -Infinity;
        units[at] = isHeld || rankOf(scores, at, { first, width, of }) < lowest ? scores[at]! : Infinity;
      }
    }
  }
  return units;
}

/** How many of the group go before this one: the lower ones, and equals after it. */
function rankOf(
  scores: Float32Array,
  at: number,
  { first, width, of }: Readonly<Record<'first' | 'width' | 'of', number>>,
): number {
  const own = scores[at]!;
  let rank = 0;
  for (let other = first, place = 0; place < of; place++, other += width) {
    rank += Number(scores[other]! < own || (scores[other] === own && other > at));
  }
  return rank;
}
