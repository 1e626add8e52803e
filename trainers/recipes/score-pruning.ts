import { identityOf } from '../../lib/core/config';
import { withCoolDown } from '../../lib/pruning/cool-down';
import { cubicDecay } from '../../lib/pruning/schedule';
import type { ScorePruning } from '../score-pruning/score-pruning';
import { denseLevel } from './dense';
import { expectGradual } from './gradual-pruning';
import { expectNames } from './method-names';
import type { Phase } from './phase';
import { runPhases } from './phases';
import type { Outcome, RecipeOptions } from './setup';

/** A way of pruning by scores, and its rows. */
export interface ScoreMethod {
  /** Of its rows: `movement`. */
  readonly name: string;
  /** How scores are trained and become masks: `movementPruning()`, `softMovementPruning()`, `staticPruning()`. */
  readonly by: ScorePruning;
  /** Up to where masks go on changing, as a fraction of the training. Default 1: to its end, as in the papers. */
  readonly coolDown?: number;
}

/** What every phase of a pruning by scores is told. */
interface Common {
  /** Of the first weights, the order of the data, and dropout. */
  readonly seed: number;
  /** Where pruning begins, as a fraction of the training. */
  readonly begin: number;
  /** Where it has come to its sparsity, as a fraction of the training. */
  readonly end: number;
  /** Optimizer steps between two updates of the masks; 1 in the papers. */
  readonly frequency: number;
}

export interface ScorePruningOptions extends RecipeOptions, Common {
  /** Ways to do it, each of another name. */
  readonly methods: readonly ScoreMethod[];
  /** Final sparsities, fractions in (0, 1) of the pruning targets; each is a training of its own of each method. */
  readonly sparsities: readonly number[];
}

/**
 * Prunes by scores that are trained, along `cubicDecay` with a cool-down; the dense model is trained beside, for as many steps, from the
 * same first weights.
 *
 * @returns `dense`, then each method at each sparsity, as levels 1, 2, …
 *
 * @example
 * const methods = [{ name: 'movement', by: movementPruning() }];
 * await scorePruning({ setup, folder, seed: 0, methods, sparsities: [0.8], begin: 0.1, end: 0.7, frequency: 10 });
 */
export async function scorePruning(options: ScorePruningOptions): Promise<Outcome[]> {
  const { seed, methods, sparsities } = options;
  expectGradual(options);
  expectNames(methods);
  const phases = methods.flatMap((method) =>
    sparsities.map((sparsity, i) => scorePhase({ ...options, ...method, sparsity, level: i + 1 })),
  );
  const dense = denseLevel(seed);
  return runPhases(options, [dense, ...phases]);
}

export interface ScorePhaseOptions extends Common, ScoreMethod {
  /** At the end. */
  readonly sparsity: number;
  readonly level?: number;
}

/** Training with scores that decide what is pruned; it ends with a plain model under hard masks. */
export function scorePhase(options: ScorePhaseOptions, more: Partial<Phase> = {}): Phase {
  const { seed, name, by, sparsity, level, begin, end, coolDown = 1, frequency } = options;
  const cubic = cubicDecay({ finalSparsity: sparsity, begin, end, frequency });
  const schedule = withCoolDown(cubic, { end: coolDown, frequency });
  return {
    label: { method: name, role: 'method', seed, level },
    identity: { by: identityOf(by), schedule: identityOf(schedule) },
    attach: (model) => {
      const { callbacks, detach } = by.attach(model, schedule);
      const end = () => {
        detach(); // what is measured and handed on is a plain model, and trainable again
        return model;
      };
      return { callbacks, end, detach };
    },
    ...more,
  };
}
