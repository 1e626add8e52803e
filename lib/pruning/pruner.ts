import { Config, configured } from '../core/config';
import { UserError } from '../core/errors';
import { uniformDistribution } from './distribution';
import { readsOutputs } from './expect-outputs-last';
import { MaskSet } from './mask';
import { growOnly } from './mask-rule';
import { unstructured } from './pattern';
import { expectPrunable, expectReachable, PrunableWeight, prune, PruneOptions } from './prune';
import { magnitude } from './saliency';
import { WeightStatistic } from './weight-statistics';
import { overSteps, RelativeSchedule, Schedule } from './schedule';

/** Options of {@link pruner} and {@link magnitudePruner}. */
export interface PrunerOptions extends PruneOptions {
  /** How much is pruned at which step, in steps or in fractions of the run. */
  readonly schedule: Schedule | RelativeSchedule;
  /** Paths of the weights to prune. Default: `defaultTargets(model)`, resolved by whoever has the model. */
  readonly targets?: readonly string[];
}

/** Decides masks while a model trains. It keeps no state: the masks and the step are the trainer's. */
export interface Pruner {
  /** How it was made. */
  readonly config?: Config;
  /** Paths of the weights to prune, where they were named. */
  readonly targets?: readonly string[];
  /** What is to be gathered of the weights before they are scored. */
  readonly needs: readonly WeightStatistic[];
  /** Whether it takes the last axis of a weight for its outputs: see `expectOutputsLast`. Default false. */
  readonly outputsLast?: boolean;
  /**
   * The same for a run of so many steps, those before its `startStep` counted.
   *
   * @throws UserError for a schedule that ends at a sparsity that the pattern cannot have.
   */
  over(totalSteps: number): RunPruner;
}

/** A pruner whose schedule is in steps. */
export interface RunPruner {
  /** In optimizer steps. */
  readonly schedule: Schedule;
  /**
   * Whether weights of these shapes, by path, can be pruned as the schedule ends.
   *
   * @throws UserError for shapes that the pattern cannot divide, rules that match nothing, and sparsities that cannot be shared out.
   */
  expectPrunable(shapes: ReadonlyMap<string, readonly number[]>): void;
  /**
   * The masks that hold after this optimizer step, or `undefined` if they do not change at it.
   *
   * @param weights the targets, in host memory, with what the pruner `needs`; others are ignored where `targets` names them.
   * @param masks the masks so far.
   * @throws UserError if a named target is missing.
   */
  update(step: number, weights: ReadonlyMap<string, PrunableWeight>, masks: MaskSet): MaskSet | undefined;
}

/**
 * Gradual pruning by any saliency, distribution, pattern and rule. Monotone by default: what is pruned stays pruned.
 *
 * @example
 * const pruning = pruner({ schedule: cubicDecay({ finalSparsity: 0.8, end: 0.7 }), saliency: randomSaliency(1) });
 * const masks = pruning.over(1000).update(100, weights, new Map());
 */
export function pruner({ schedule, targets, ...options }: PrunerOptions): Pruner {
  const { saliency = magnitude, pattern = unstructured } = options;
  const made: Pruner = {
    targets,
    needs: saliency.needs ?? [],
    outputsLast: readsOutputs({ saliency, pattern }),
    over(totalSteps) {
      const inSteps = overSteps(schedule, totalSteps);
      const finalSparsity = inSteps(inSteps.endStep);
      expectReachable(finalSparsity, pattern);
      return {
        schedule: inSteps,
        expectPrunable: (shapes) => expectPrunable(finalSparsity, shapes, options),
        update(step, weights, masks) {
          if (!inSteps.shouldUpdate(step)) return undefined;
          return prune(inSteps(step), targets ? pick(weights, targets) : weights, masks, options);
        },
      };
    },
  };
  const { distribution = uniformDistribution(), rule = growOnly, maskKind = 'hard' } = options;
  return configured(made, 'pruner', { schedule, targets, saliency, distribution, pattern, rule, maskKind });
}

/** `pruner` that removes the weights of smallest magnitude. */
export function magnitudePruner(options: Omit<PrunerOptions, 'saliency'>): Pruner {
  return pruner({ ...options, saliency: magnitude });
}

function pick<T>(weights: ReadonlyMap<string, T>, targets: readonly string[]): Map<string, T> {
  return new Map(
    targets.map((path) => {
      const weight = weights.get(path);
      if (weight === undefined) {
        throw new UserError(
          `Expected a weight "${path}" to prune, got only ${[...weights.keys()].join(', ')}.`,
        );
      }
      return [path, weight];
    }),
  );
}
