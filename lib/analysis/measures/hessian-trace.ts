import * as tf from '@tensorflow/tfjs';
import { assign } from '../../core/assign';
import { UserError } from '../../core/errors';
import { hostOf } from '../../core/host-tensor';
import { seededRandom } from '../../core/random';
import type { Weight } from '../../core/weights';
import { GradientOptions, Gradients, gradientsOf, LabelledBatch } from './gradients';
import type { Change, Measure, Subject } from './measure';

export interface HessianTraceOptions extends GradientOptions {
  /** Random vectors for each batch. Default 8. */
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
 * estimate, the mean of vᵀHv over random signs v, all weights at once, since the blocks between two weights average to 0; Hv is
 * the central difference of gradients `(∇L(w + εv) − ∇L(w − εv)) / 2ε`, because not every layer's gradient can be differentiated
 * again. A trace estimated below 0 counts as 0. It sees errors of weights, not of activations.
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

/** The trace of each weight's block, by path: the mean over batches and samples. */
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
      const signs = moves.map(({ values }, i) => signsOf(values.length, seed, `${passes}`, weights[i]!.path));
      const curvatures = await curvaturesAlong(signs, moves, gradients, batch);
      curvatures.forEach((value, i) => (sums[i]! += value));
    }
  }
  if (passes === 0)
    throw new UserError(`Expected at least one batch for the Hessian of "${model.name}", got none.`);
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

/** vᵀHv within each weight. The weights are then as they were. */
async function curvaturesAlong(
  signs: readonly Int8Array[],
  moves: readonly Move[],
  gradients: Gradients,
  batch: LabelledBatch,
): Promise<number[]> {
  const at = async (side: 1 | -1): Promise<Float32Array[]> => {
    moves.forEach((move, i) => moveTo(move, signs[i]!, side));
    return gradients.of(batch);
  };
  try {
    const [ahead, behind] = [await at(1), await at(-1)];
    return moves.map(({ epsilon }, i) => slope(signs[i]!, ahead[i]!, behind[i]!) / (2 * epsilon));
  } finally {
    moves.forEach(({ variable, values }) => assign(variable, values));
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
