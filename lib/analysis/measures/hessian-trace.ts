import { UserError } from '../../core/errors';
import { hostOf } from '../../core/host-tensor';
import { seededRandom } from '../../core/random';
import type { Weight } from '../../core/weights';
import type { Curvature, CurvatureOf, Direction } from './curvature';
import { gaussNewtonCurvature } from './gauss-newton-curvature';
import type { GradientOptions } from './gradients';
import { hessianCurvature } from './hessian-curvature';
import type { Change, Measure, Subject } from './measure';

/** Options of {@link hessianTrace}. */
export interface HessianTraceOptions extends GradientOptions {
  /**
   * Of which matrix. `gaussNewton`: what is left of the Hessian where the model is as good as linear in its weights; never below 0 for
   * losses that are convex in the predictions, as all of ours are. `hessian`: the paper's. Default `gaussNewton`.
   */
  readonly curvature?: keyof typeof CURVATURES;
  /** Random vectors for each weight and batch. Default 8. */
  readonly samples?: number;
  /** Of the random vectors. Default 0. */
  readonly seed?: number;
  /** How far the weights are moved to see what changes, as a share of each one's root mean square. Default 0.01. */
  readonly step?: number;
}

const CURVATURES = {
  gaussNewton: gaussNewtonCurvature,
  hessian: hessianCurvature,
} as const satisfies Readonly<Record<string, CurvatureOf>>;

/**
 * **Average Hessian trace** (HAWQ-V2, Dong et al., 2019, arXiv:1911.03852): what the loss is expected to rise by, to the second order,
 * for errors that know nothing of the loss's shape:
 *
 *     ½ · tr(C) / n · ‖ŵ − w‖²
 *
 * for each kernel or table of n values (the paper leaves out the ½, with which it is in the loss's own unit). The trace is Hutchinson's
 * estimate, the mean of vᵀCv over random signs v in this weight alone.
 *
 * The paper's C is the Hessian. It has traces below 0 where training is not at a minimum, and samples scatter around a small trace by
 * several times its size (5 and 10 times, of two of 14 kernels of a toy BERT after 60 steps); both make layers seem free whose errors cost
 * something, because what is below 0 says nothing of what is lost and counts as 0. So C is the generalized Gauss–Newton matrix by default, of
 * which no sample is below 0. It leaves out what the loss's slope makes of the bend of the answers: once the loss was small (0.002, after 600
 * steps), its traces of the first four kernels were a tenth to a fifth of the Hessian's, in the same order.
 *
 * It takes two passes of inference for each weight, sample and batch, and one more; the Hessian takes two gradients. Errors of weights are
 * seen, not of activations.
 *
 * @throws UserError (when it is opened) without data, for no samples, or for a loss that is not finite or does not depend on the answers.
 *
 * @example
 * const measure = hessianTrace({ data: dev.epoch(0), loss: meanSquaredError, samples: 16 });
 */
export function hessianTrace({
  data,
  loss,
  curvature = 'gaussNewton',
  samples = 8,
  seed = 0,
  step = 0.01,
}: HessianTraceOptions): Measure {
  return {
    name: 'Hessian trace',
    async open(subject) {
      expectPositive(samples, step);
      const bent = curvatureOf(curvature)(subject, loss);
      try {
        const traces = await tracesOf(subject, bent, data, { samples, seed, step });
        return { lossOf: async (changes) => changes.reduce((sum, change) => sum + rise(change, traces), 0) };
      } finally {
        await bent.dispose();
      }
    },
  };
}

interface Sampling {
  readonly samples: number;
  readonly seed: number;
  readonly step: number;
}

function expectPositive(samples: number, step: number): void {
  if (Number.isInteger(samples) && samples >= 1 && step > 0 && step < Infinity) return;
  throw new UserError(
    `Expected samples from 1 and a step above 0 for the Hessian's trace, got ${samples} and ${step}.`,
  );
}

function curvatureOf(name: keyof typeof CURVATURES): CurvatureOf {
  if (Object.hasOwn(CURVATURES, name)) return CURVATURES[name];
  throw new UserError(
    `Expected a curvature among ${Object.keys(CURVATURES).join(', ')} for the Hessian's trace, got "${String(name)}".`,
  );
}

/** The trace of each weight's own part of the matrix, by path: the mean over batches and samples. */
async function tracesOf(
  { model, weights }: Subject,
  curvature: Curvature,
  data: GradientOptions['data'],
  { samples, seed, step }: Sampling,
): Promise<Map<string, number>> {
  const moves = weights.map((weight) => moveOf(weight, step));
  const sums = weights.map(() => 0);
  let passes = 0;
  for await (const batch of data) {
    for (let sample = 0; sample < samples; sample++, passes++) {
      for (const [i, move] of moves.entries()) {
        const signs = signsOf(move.values.length, seed, `${passes}`, weights[i]!.path);
        sums[i]! += await curvature.along(batch, i, { ...move, signs });
      }
    }
  }
  if (passes === 0) {
    throw new UserError(`Expected at least one batch for the Hessian of "${model.name}", got none.`);
  }
  return new Map(weights.map(({ path }, i) => [path, sums[i]! / passes]));
}

function moveOf({ variable }: Weight, step: number): Omit<Direction, 'signs'> {
  const values = hostOf(variable).data as Float32Array;
  const power = values.reduce((sum, value) => sum + value ** 2, 0) / values.length;
  return { variable, values, epsilon: step * (Math.sqrt(power) || 1) };
}

/** Random signs (Rademacher). */
function signsOf(length: number, seed: number, ...names: string[]): Int8Array {
  const random = seededRandom(seed, 'signs', ...names);
  return Int8Array.from({ length }, () => (random() < 0.5 ? -1 : 1));
}

function rise({ path, before, after }: Change, traces: ReadonlyMap<string, number>): number {
  let error = 0;
  for (let i = 0; i < before.length; i++) error += (after[i]! - before[i]!) ** 2;
  return (Math.max(traces.get(path)!, 0) / before.length / 2) * error;
}
