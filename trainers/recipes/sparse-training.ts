import { identityOf } from '../../lib/core/config';
import { Distribution, uniformDistribution } from '../../lib/pruning/distribution';
import { pruner } from '../../lib/pruning/pruner';
import type { Rewiring } from '../../lib/pruning/rewiring/rewiring';
import { randomSaliency, Saliency } from '../../lib/pruning/saliency';
import { oneShot } from '../../lib/pruning/schedule';
import { pruning } from '../callbacks/pruning';
import { rewiring } from '../callbacks/rewiring';
import { denseLevel } from './dense';
import { expectSparsities } from './expect-sparsities';
import { expectNames } from './method-names';
import type { Phase } from './phase';
import { runPhases } from './phases';
import type { Outcome, RecipeOptions } from './setup';

/** A way of training a model that is sparse from its first step on. */
export interface SparseMethod {
  /** Of its rows: `rigl`. */
  readonly name: string;
  /** How zeros move; none: they stay where they are. */
  readonly by?: Rewiring;
}

/** What every phase of a sparse training is told. */
interface Common {
  /** Of the first weights, the order of the data, and dropout. */
  readonly seed: number;
  /**
   * What is kept at first. Default `randomSaliency(seed)`, as in the papers, which train from random weights; `magnitude` where a model is
   * pre-trained.
   */
  readonly start?: Saliency;
  /** How a sparsity is shared among the weights, for good. Default `uniformDistribution()`. */
  readonly distribution?: Distribution;
}

export interface SparseTrainingOptions extends RecipeOptions, Common {
  /** Ways to do it, each of another name. */
  readonly methods: readonly SparseMethod[];
  /** Fractions in (0, 1) of the pruning targets; each is a training of its own of each method. */
  readonly sparsities: readonly number[];
}

/**
 * Trains models that are sparse from the first step to the last, beside the dense one: the same zeros (`by` left out), or zeros that move.
 *
 * @returns `dense`, then each method at each sparsity, as levels 1, 2, …
 *
 * @example await sparseTraining({ setup, folder, seed: 0, sparsities: [0.8], methods: [{ name: 'static' }, { name: 'rigl', by: rigl({ every: 50 }) }] });
 */
export async function sparseTraining(options: SparseTrainingOptions): Promise<Outcome[]> {
  const { seed, methods, sparsities } = options;
  expectSparsities(sparsities);
  expectNames(methods);
  const phases = methods.flatMap((method) =>
    sparsities.map((sparsity, i) => sparsePhase({ ...options, ...method, sparsity, level: i + 1 })),
  );
  const dense = denseLevel(seed);
  return runPhases(options, [dense, ...phases]);
}

export interface SparsePhaseOptions extends Common, SparseMethod {
  /** From the first step on. */
  readonly sparsity: number;
  readonly level?: number;
}

/** Training under masks that are made before the first step, whose zeros may move. */
export function sparsePhase(options: SparsePhaseOptions, more: Partial<Phase> = {}): Phase {
  const { seed, name, by, sparsity, level } = options;
  const { start = randomSaliency(seed), distribution = uniformDistribution() } = options;
  const sparse = pruner({ schedule: oneShot({ finalSparsity: sparsity }), saliency: start, distribution });
  return {
    label: { method: name, role: by ? 'method' : 'control', seed, level },
    identity: { pruner: identityOf(sparse), by: by ? identityOf(by) : null },
    callbacks: () => [pruning({ pruner: sparse }), ...(by ? [rewiring(by)] : [])],
    ...more,
  };
}
