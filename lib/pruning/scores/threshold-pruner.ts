import { configured } from '../../core/config';
import { UserError } from '../../core/errors';
import { maskFrom } from '../../wasm/kernels';
import { Distribution, globalDistribution } from '../distribution';
import { maskSet } from '../mask';
import type { Pruner, RunPruner } from '../pruner';
import { overSteps, RelativeSchedule, Schedule } from '../schedule';
import { bitsOf, sortKey } from '../select';
import type { LearnedScores } from './learned-scores';
import { quantileKey } from './quantile-key';
import { scorePruner } from './score-pruner';

/** Options of {@link thresholdPruner}. */
export interface ThresholdPrunerOptions {
  /** Whose targets are pruned; they stay the caller's. */
  readonly scores: LearnedScores;
  /** When masks are made, how τ grows, how much is pruned at least, and the sparsity that is hit at its end. */
  readonly schedule: Schedule | RelativeSchedule;
  /** τ at the end, in [0, 1). Default 0.1. */
  readonly threshold?: number;
  /** How the final sparsity is shared out. Default `globalDistribution()`: as the scores share it out, by another threshold. */
  readonly distribution?: Distribution;
}

/**
 * Soft movement pruning: `M = 1[σ(S) > τ(t)]` with `τ(t) = τ · s(t) / s(end)`. How much is pruned is what the penalty of the scores makes
 * (`LearnedScores.penalty`), but not less than the schedule's `s(t)`: where the penalty is behind it, the threshold is the quantile of all scores at
 * `s(t)`, estimated from some 20 000 of them (a standard error of 0.3 points), and scores equal to it stay. At the last update the sparsity is
 * hit exactly, by `Top_v(S)` over all weights.
 *
 * Sanh et al., 2020 (arXiv:2005.07683), whose sparsity is what λ makes of it at every step, and at the end. A λ that makes too little would leave
 * the rest to one cut at the end: with the paper's 400 a MiniLM had 49 % zeros before it, 80 % after it, and no score left.
 *
 * @throws UserError for a threshold that no sigmoid has.
 */
export function thresholdPruner(options: ThresholdPrunerOptions): Pruner {
  const { scores, schedule, threshold = 0.1, distribution = globalDistribution() } = options;
  expectThreshold(threshold);
  const exact = scorePruner({ scores, schedule, distribution });
  const made: Pruner = {
    targets: scores.targets,
    needs: [],
    over(totalSteps): RunPruner {
      const inSteps = overSteps(schedule, totalSteps);
      const final = exact.over(totalSteps);
      const grown = (step: number) => threshold * progressOf(inSteps, step);
      return {
        schedule: inSteps,
        expectPrunable: (shapes) => final.expectPrunable(shapes),
        update(step, weights, masks) {
          if (!inSteps.shouldUpdate(step)) return undefined;
          if (step === inSteps.endStep) return final.update(step, weights, masks);
          const paths = scores.targets.filter((path) => weights.has(path));
          const all = paths.map((path) => scores.of(path));
          const least = Math.max(keyOf(logit(grown(step))) + 1, quantileKey(all, inSteps(step)));
          return maskSet(
            paths.map((path, i) => [path, maskFrom(all[i]!, least)]),
            paths,
          );
        },
      };
    },
  };
  const { saliency, targets } = scores;
  return configured(made, 'thresholdPruner', { schedule, targets, saliency, threshold, distribution });
}

/** @throws UserError for a threshold that no sigmoid has. */
export function expectThreshold(threshold: number): void {
  if (threshold >= 0 && threshold < 1) return;
  throw new UserError(`Expected a threshold of at least 0 and below 1, got ${threshold}.`);
}

/** How far a schedule has come: `s(t) / s(end)`, from 0 to 1; 1 where it ends at 0. */
export function progressOf(schedule: Schedule, step: number): number {
  const final = schedule(schedule.endStep);
  return final === 0 ? 1 : schedule(step) / final;
}

/** `σ(S) > τ` is `S > logit(τ)`. */
const logit = (share: number) => Math.log(share / (1 - share));

/** Of a number as one of the scores. */
const keyOf = (score: number) => sortKey(bitsOf(Float32Array.of(score))[0]!);
