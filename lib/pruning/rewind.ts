import { UserError } from '../core/errors';
import type { MaskSet } from './mask';

/** The sparsity after each level of iterative pruning; level 0 is dense. */
export type Levels = (level: number) => number;

/** "20 % of remaining per level": `1 - (1 - fraction)^level`. Frankle & Carbin, 2019 (arXiv:1803.03635). */
export function fractionOfRemaining(fraction: number): Levels {
  return (level) => 1 - (1 - fraction) ** level;
}

/** "10 % of original per level": `fraction · level`. Chen et al., 2020, on BERT (arXiv:2007.12223). */
export function fractionOfOriginal(fraction: number): Levels {
  return (level) => fraction * level;
}

export interface RewindOptions {
  /** Paths that keep their trained values, such as the classifier's. Default none: everything is rewound. */
  readonly keep?: readonly string[];
}

/**
 * Sets weights, in place, to what they were when the snapshot was taken, with the pruned ones at 0. The snapshot must be a
 * copy: a tfjs variable's `dataSync()` may show its memory.
 *
 * @throws UserError if the snapshot lacks a weight.
 */
export function rewind(
  weights: ReadonlyMap<string, Float32Array>,
  snapshot: ReadonlyMap<string, Float32Array>,
  masks: MaskSet,
  { keep = [] }: RewindOptions = {},
): void {
  for (const [path, weight] of weights) {
    if (keep.includes(path)) continue;
    const source = snapshot.get(path);
    if (source?.length !== weight.length) {
      throw new UserError(
        `Expected ${weight.length} values for "${path}" in the snapshot, got ${source?.length ?? 'none'}.`,
      );
    }
    weight.set(source);
    zeroPruned(weight, masks.get(path));
  }
}

/** Sets the pruned entries of a weight to exactly 0, in place. */
export function zeroPruned(weight: Float32Array, mask: Uint8Array | undefined): void {
  for (let i = 0; mask && i < mask.length; i++) if (mask[i] === 0) weight[i] = 0;
}
