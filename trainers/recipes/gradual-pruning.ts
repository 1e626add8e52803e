import { UserError } from '../../lib/core/errors';
import { identityOf } from '../../lib/core/config';
import { Distribution, globalDistribution } from '../../lib/pruning/distribution';
import type { Pattern } from '../../lib/pruning/pattern';
import { pruner } from '../../lib/pruning/pruner';
import type { Saliency } from '../../lib/pruning/saliency';
import { cubicDecay, RampOptions, RelativeSchedule } from '../../lib/pruning/schedule';
import type { FractionWindow } from '../../lib/pruning/window';
import { pruning } from '../callbacks/pruning';
import type { ScoringOptions } from '../pruning/scoring-pass';
import { denseLevel } from './dense';
import { expectSparsities } from './expect-sparsities';
import type { Phase, Taught } from './phase';
import { runPhases } from './phases';
import type { Outcome, RecipeOptions, Setup } from './setup';

/** How a sparsity grows: `cubicDecay`, `linearDecay`, `exponentialDecay`, `cosineDecay`, `constantSparsity`, or one of your own. */
export type GradualSchedule = (options: RampOptions & FractionWindow) => RelativeSchedule;

export interface GradualPruningOptions extends RecipeOptions {
  /** Of the first weights, the order of the data, and dropout. */
  readonly seed: number;
  /** Final sparsities, fractions in (0, 1) of the pruning targets; each is a training of its own. */
  readonly sparsities: readonly number[];
  /** Where pruning begins, as a fraction of the training. */
  readonly begin: number;
  /** Where the final sparsity is reached, as a fraction of the training; what is left after it is for recovery. */
  readonly end: number;
  /** Optimizer steps between two updates of the masks. */
  readonly frequency: number;
  /** How a sparsity is shared among the weights: `globalDistribution()` (the default) or `uniformDistribution()`. */
  readonly distribution?: Distribution;
  /** Default `magnitude`. */
  readonly saliency?: Saliency;
  /** Default `unstructured`. */
  readonly pattern?: Pattern;
  /** Default `cubicDecay`. */
  readonly schedule?: GradualSchedule;
  /** Scores on so many of the first training batches, at each update, without a step. Default: what a saliency needs is summed over steps. */
  readonly scoring?: Pick<ScoringOptions, 'batches'>;
  /** Prunes the dense model as it was trained, in a training of its own. Default: pruning and training are one, from the first weights. */
  readonly afterDense?: AfterDense;
}

/** How what is trained already is pruned. */
export interface AfterDense {
  /** Of the training that prunes; enough to recover: some 10 for a small task. */
  readonly epochs: number;
  /** Learning rate of that training; the setup's by default. What is pruned far has much to learn: some ten times that of a fine-tuning. */
  readonly learningRate?: Setup['learningRate'];
  /** What it minimises, made with the dense model as a teacher; the setup's loss by default. */
  readonly loss?: Taught['loss'];
}

/**
 * Prunes while training: the weights of smallest magnitude go, little by little along `cubicDecay`, unless told otherwise, and the rest recovers
 * from it. The dense model is trained beside, for as many steps, from the same first weights; or before (`afterDense`), and what is pruned
 * learns from it, which is what keeps a score at 80 % and beyond (Kurtic et al., 2022, arXiv:2203.07259).
 *
 * Zhu & Gupta, 2017 (arXiv:1710.01878).
 *
 * @returns `dense`, then `gradual` at each sparsity, as levels 1, 2, …
 *
 * @example await gradualPruning({ setup, folder, seed: 0, sparsities: [0.5, 0.8], begin: 0.1, end: 0.7, frequency: 10 });
 */
export async function gradualPruning(options: GradualPruningOptions): Promise<Outcome[]> {
  const { setup, seed, sparsities, afterDense } = options;
  expectGradual(options);
  const dense = denseLevel(seed, { handsOn: afterDense !== undefined, trains: setup.epochs > 0 });
  const more = afterDense && pruningAfter(dense, afterDense);
  const levels = sparsities.map((sparsity, i) => gradualPhase({ ...options, sparsity, level: i + 1 }, more));
  return runPhases(options, [dense, ...levels]);
}

/** Where a pruning begins that is a training of its own. */
export const pruningAfter = (dense: Phase, { epochs, learningRate, loss }: AfterDense): Partial<Phase> => ({
  ...{ after: dense, epochs, learningRate },
  ...(loss && { taught: { by: dense, loss } }),
});

export interface GradualPhaseOptions extends Omit<
  GradualPruningOptions,
  'sparsities' | 'folder' | 'listener' | 'afterDense'
> {
  /** At the end. */
  readonly sparsity: number;
  readonly level?: number;
}

/** Training with weights of small magnitude going along `cubicDecay`, unless told otherwise. */
export function gradualPhase(options: GradualPhaseOptions, more: Partial<Phase> = {}): Phase {
  const { seed, sparsity, level, begin, end, frequency } = options;
  const { distribution = globalDistribution(), saliency, pattern, scoring } = options;
  const schedule = (options.schedule ?? cubicDecay)({ finalSparsity: sparsity, begin, end, frequency });
  const own = { saliency, pattern, scoring, schedule: options.schedule && schedule };
  return {
    label: { method: 'gradual', role: 'method', seed, level },
    identity: identityOf({ sparsity, begin, end, frequency, distribution, ...own }),
    callbacks: () => [
      pruning({
        pruner: pruner({ schedule, distribution, saliency, pattern }),
        scoring: scoring && { ...scoring, data: options.setup.data(seed) },
      }),
    ],
    ...more,
  };
}

/** @throws UserError for sparsities and fractions of a training that are none. */
export function expectGradual({
  sparsities,
  begin,
  end,
}: Pick<GradualPruningOptions, 'sparsities' | 'begin' | 'end'>): void {
  expectSparsities(sparsities);
  if (!(begin >= 0 && begin <= end && end <= 1)) {
    throw new UserError(
      `Expected 0 <= begin <= end <= 1 of a gradual pruning, got begin ${begin} and end ${end}.`,
    );
  }
}
