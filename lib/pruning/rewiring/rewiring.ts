import type { Configured } from '../../core/config';
import type { DropFraction } from './drop-fraction';

/** A pruned weight at a step, whose zeros are to move. */
export interface GrowingWeight {
  /** As `weightsOf` names it; what random growth is drawn by. */
  readonly path: string;
  /** dL/dw, [shape], also where the weight is pruned; times some positive number. */
  readonly gradient: Float32Array;
  /** Optimizer steps done. */
  readonly step: number;
}

/** How the zeros of a sparse training move: `rigl`, `setEvolution`. */
export interface Rewiring extends Configured {
  /** When, and how many, in a run of so many steps. */
  over(totalSteps: number): DropFraction;
  /** A score of each value, larger comes back first: a new array, or one that is not to be written. */
  growth(weight: GrowingWeight): Float32Array;
}
