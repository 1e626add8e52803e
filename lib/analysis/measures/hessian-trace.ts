import * as tf from '@tensorflow/tfjs';
import { assign } from '../../core/assign';
import { UserError } from '../../core/errors';
import { hostOf } from '../../core/host-tensor';
import { seededRandom } from '../../core/random';
import type { Weight } from '../../core/weights';
import { GradientOptions, Gradients, gradientsOf } from './gradients';
import type { Change, Measure, Subject } from './measure';

export interface HessianTraceOptions extends GradientOptions {
  /** Random vectors for each weight and batch. Default 4. */
  readonly samples?: number;
  /** Of the random vectors. Default 0. */
  readonly seed?: number;
  /** How far the weights are moved to see their gradients change, as a share of each one's root mean square. Default 0.01. */
  readonly step?: number;
}

/**
 * **Average Hessian trace** (HAWQ-V2, Dong et al., 2019, arXiv:1911.03852): what the loss is expected to rise by, to the second order,
 * for errors that know nothing of the loss's shape:
 *
 *     ½ · tr(H) / n · ‖ŵ − w‖²
 *
 * for each kernel or table of n values (the paper leaves out the ½, with which it is in the loss's own unit). The trace is Hutchinson's
 * estimate, the mean of vᵀHv over random signs v in this weight alone; Hv is the central difference of gradients
 * `(∇L(w + εv) − ∇L(w − εv)) / 2ε`, because not every layer's gradient can be differentiated again. A trace below 0, as there is where
 * the loss is at no minimum, says nothing of what is lost and counts as 0: a trained model is wanted, and the data that it was
 * trained on. It sees errors of weights, not of activations, and takes two gradients for each weight, sample and batch.
 *
 * @throws UserError (when it is opened) without data, for no samples, or for a loss that is not finite or does not depend on a weight.
 */
export function hessianTrace({
  data,
  loss,
  samples = 8,
  seed = 0,
  step = 0.01,
}: HessianTraceOptions): Measure {
  return {
    name: 'Hessian trace',
    async open(subject) {
      expectPositive(samples, step);
      const gradients = gradientsOf(subject, loss);
      try {
        const traces = await tracesOf(subject, gradients, data, { samples, seed, step });
        return { lossOf: async (changes) => changes.reduce((sum, change) => sum + rise(change, traces), 0) };
      } finally {
        await gradients.dispose();
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

/** The trace of each weight's own part of the Hessian, by path: the mean over batches and samples. */
async function tracesOf(
  { model, weights }: Subject,
  gradients: Gradients,
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
        const gradientAt = async (side: 1 | -1) => {
          moveTo(move, signs, side);
          return (await gradients.of(batch))[i]!;
        };
        sums[i]! += await curvatureAlong(signs, move, gradientAt);
      }
    }
  }
  if (passes === 0) {
    throw new UserError(`Expected at least one batch for the Hessian of "${model.name}", got none.`);
  }
  return new Map(weights.map(({ path }, i) => [path, sums[i]! / passes]));
}

/** A weight that is moved, from where, and how far. */
interface Move {
  readonly variable: tf.Variable;
  readonly values: Float32Array;
  readonly epsilon: number;
}

function moveOf({ variable }: Weight, step: number): Move {
  const values = hostOf(variable).data as Float32Array;
  const power = values.reduce((sum, value) => sum + value ** 2, 0) / values.length;
  return { variable, values, epsilon: step * (Math.sqrt(power) || 1) };
}

/** Random signs (Rademacher). */
function signsOf(length: number, seed: number, ...names: string[]): Int8Array {
  const random = seededRandom(seed, 'signs', ...names);
  return Int8Array.from({ length }, () => (random() < 0.5 ? -1 : 1));
}

/** vᵀHv within a weight, which is then as it was. */
async function curvatureAlong(
  signs: Int8Array,
  { variable, values, epsilon }: Move,
  gradientAt: (side: 1 | -1) => Promise<Float32Array>,
): Promise<number> {
  try {
    const [ahead, behind] = [await gradientAt(1), await gradientAt(-1)];
    return slope(signs, ahead, behind) / (2 * epsilon);
  } finally {
    assign(variable, values);
  }
}

function moveTo({ variable, values, epsilon }: Move, signs: Int8Array, side: 1 | -1): void {
  assign(
    variable,
    values.map((value, i) => value + side * epsilon * signs[i]!),
  );
}

function slope(signs: Int8Array, ahead: Float32Array, behind: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < signs.length; i++) sum += signs[i]! * (ahead[i]! - behind[i]!);
  return sum;
}

function rise({ path, before, after }: Change, traces: ReadonlyMap<string, number>): number {
  let error = 0;
  for (let i = 0; i < before.length; i++) error += (after[i]! - before[i]!) ** 2;
  return (Math.max(traces.get(path)!, 0) / before.length / 2) * error;
}
