import { Config, configured } from '../core/config';
import { sizeOf } from '../core/host-tensor';
import { maskFrom } from '../wasm/kernels';
import { bitsOf, cutAt, sortKey } from './select';

/**
 * The shape in which weights are pruned: what goes or stays together is a unit, such as an element, a block or a channel. Units
 * are scored, counted and pruned; a shape is that of the weight.
 */
export interface Pattern {
  /**
   * How many units a weight has: sparsities are fractions of them.
   *
   * @throws UserError for a shape that cannot be divided into units.
   */
  units(shape: readonly number[]): number;
  /**
   * The score of each unit, [units], from those of the weights, [shape]. −Infinity is the score of a weight that is to stay pruned: a
   * unit has it only where all of its weights do, and is scored by the others elsewhere. May be the array that was given.
   */
  pool(scores: Float32Array, shape: readonly number[]): Float32Array;
  /**
   * A mask of the weight, [shape], 1 = keep, with exactly `count` units pruned, those of lowest score.
   *
   * @param unitScores [units], as `pool` gives them.
   * @throws UserError for more units than the pattern can prune.
   */
  mask(unitScores: Float32Array, count: number, shape: readonly number[]): Uint8Array;
  /** The largest sparsity that the pattern can have, a fraction. Default: any below 1. */
  readonly maxSparsity?: number;
  /** Whether it takes the last axis for that of a weight's outputs. Default false. */
  readonly outputsLast?: boolean;
  /** How it was made. */
  readonly config?: Config;
}

/**
 * Any single weight may go. The count is exact: among equal scores at the threshold those with the lower flat index are kept.
 * (Keeping everything at the threshold, as tfmot does, prunes nothing of a constant tensor.)
 */
export const unstructured: Pattern = configured(
  { units: sizeOf, pool: (scores: Float32Array) => scores, mask: maskOfLowest },
  'unstructured',
);

/** A mask with zeros at the `count` lowest scores; for patterns whose units are single weights. */
function maskOfLowest(scores: Float32Array, count: number): Uint8Array {
  if (count === 0) return new Uint8Array(scores.length).fill(1);
  const { key, ties, equal } = cutAt([scores], count);
  if (ties === equal) return maskFrom(scores, key + 1);
  const mask = maskFrom(scores, key);
  const bits = bitsOf(scores);
  for (let i = bits.length - 1, left = ties; left > 0; i--) {
    if (sortKey(bits[i]!) !== key) continue;
    mask[i] = 0;
    left--;
  }
  return mask;
}
