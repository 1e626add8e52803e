import * as tf from '@tensorflow/tfjs';
import { jit } from '../compile/jit';
import { attach, Transform } from '../core/attach';
import { UserError } from '../core/errors';
import { forward } from '../forward/forward';
import { hostOf } from '../core/host-tensor';
import { revisionOf } from '../core/revision';
import type { GradientOptions } from './measures/gradients';
import { joinInto } from './statistics';

/** Where units are multiplied by gates: a tensor [batch, …, width] whose last axis has the units one after another, equally wide. */
export interface GatedUnits {
  /** Of the model, with one input or one output where its gates are. */
  readonly layer: tf.layers.Layer;
  /** Which of its tensors the gates multiply. */
  readonly of: 'input' | 'output';
  /** How many there are; they share the width out evenly. */
  readonly units: number;
}

/** A number for each example and unit, row-major: [examples, units]. */
export interface GateGradients {
  /** Over all batches. */
  readonly examples: number;
  /** Of the gates that were asked for. */
  readonly units: number;
  /** `dL_i/dξ_iu`, of example i and unit u at `i · units + u`. */
  readonly data: Float32Array;
}

/**
 * **The loss's gradient by gates** (Michel et al., 2019, arXiv:1905.10650): each unit of each example has a multiplier ξ = 1, and one
 * backward pass of inference gives `dL_i/dξ_iu` of every example i and unit u, since an example's gates touch no other's loss. So nothing
 * depends on how examples come in batches but for padding and rounding.
 *
 * @param gates where; several at once cost one pass, and none nothing.
 * @returns for each of the gates, in their order.
 * @throws UserError for a width that the units do not share out, and without data.
 *
 * @example
 * const heads = { layer: model.getLayer('encoder/0/attention/core'), of: 'output', units: 12 } as const;
 * const [gradients] = await gateGradients(model, [heads], { data: dev.epoch(0), loss: softmaxCrossEntropy });
 * const importance = meanMagnitude(gradients!); // E |dL/dξ|
 */
export async function gateGradients(
  model: tf.LayersModel,
  gates: readonly GatedUnits[],
  { data, loss }: GradientOptions,
): Promise<GateGradients[]> {
  if (gates.length === 0) return [];
  const parts: Float32Array[][] = gates.map(() => []);
  await eachPass(model, gates, { data, loss }, (found) =>
    found.forEach((each, i) => parts[i]!.push(hostOf(each).data.slice() as Float32Array)),
  );
  return gates.map(({ units }, i) => together(parts[i]!, units));
}

/**
 * `Σ_i (dL_i/dξ_iu)²` of each unit u over all examples i, the diagonal of the Fisher information of its gate (Kwon et al., 2022,
 * arXiv:2204.09656), without keeping what each example gives.
 *
 * @param gates and the rest as in `gateGradients`.
 * @returns for each of the gates, in their order: one number for each unit.
 * @throws UserError as `gateGradients` does.
 */
export async function gateSquares(
  model: tf.LayersModel,
  gates: readonly GatedUnits[],
  { data, loss }: GradientOptions,
): Promise<Float64Array[]> {
  if (gates.length === 0) return [];
  const totals = gates.map(({ units }) => new Float64Array(units));
  const batches = await eachPass(
    model,
    gates,
    { data, loss },
    (found) => found.forEach((each, i) => joinInto('sum', totals[i]!, hostOf(each).data)),
    (gradient) => gradient.square().sum(0),
  );
  if (batches === 0) throw withoutData();
  return totals;
}

/** Takes each batch's gradients, [batch, units] of each of the gates, or what is made of them. @returns how many batches there were. */
async function eachPass(
  model: tf.LayersModel,
  gates: readonly GatedUnits[],
  { data, loss }: GradientOptions,
  take: (found: readonly tf.Tensor[]) => void,
  made: (gradient: tf.Tensor) => tf.Tensor = (gradient) => gradient,
): Promise<number> {
  const pass = (ys: tf.Tensor, ...xs: tf.Tensor[]): tf.Tensor[] => {
    const batch = ys.shape[0]!;
    const summed = (...multipliers: tf.Tensor[]) =>
      gated(gates, multipliers, () => loss(forward(model, xs, false), ys).mul(batch) as tf.Scalar);
    return tf
      .grads(summed)(gates.map(({ units }) => tf.ones([batch, units])))
      .map(made);
  };
  const program = jit(pass, { revision: () => revisionOf(model) });
  let batches = 0;
  try {
    for await (const { xs, ys } of data) {
      const inputs = [ys, ...xs].map((x) => tf.tensor(x.data, x.shape, x.dtype));
      const found = await program(...(inputs as [tf.Tensor]));
      take(found);
      tf.dispose([...found, ...inputs]);
      batches++;
    }
  } finally {
    await program.dispose();
  }
  return batches;
}

/** `E |dL/dξ|` of each unit: the mean over examples. */
export function meanMagnitude({ examples, units, data }: GateGradients): Float64Array {
  const mean = new Float64Array(units);
  data.forEach((value, i) => (mean[i % units]! += Math.abs(value) / examples));
  return mean;
}

/** Runs something with gates in place. @param multipliers [batch, units] of each of them. */
export function gated<T>(gates: readonly GatedUnits[], multipliers: readonly tf.Tensor[], body: () => T): T {
  const attachments = gates.map(({ layer, of }, i) => attach(layer, of, gate(layer, multipliers[i]!)));
  try {
    return body();
  } finally {
    attachments.forEach((attachment) => attachment.detach());
  }
}

/** Multiplies each unit of each example. @param multiplier [batch, units] */
function gate({ name }: tf.layers.Layer, multiplier: tf.Tensor): Transform {
  const [batch, units] = multiplier.shape as [number, number];
  return {
    revision: 'gate',
    apply(x) {
      const width = x.shape.at(-1)!;
      if (width % units !== 0) {
        throw new UserError(
          `Expected a width of "${name}" that ${units} units share out equally, got ${width}.`,
        );
      }
      const between = x.shape.slice(1, -1);
      const apart = x.reshape([batch, ...between, units, width / units]);
      return apart.mul(multiplier.reshape([batch, ...between.map(() => 1), units, 1])).reshape(x.shape);
    },
    state: () => ({}),
    dispose() {},
  };
}

function together(parts: readonly Float32Array[], units: number): GateGradients {
  if (parts.length === 0) throw withoutData();
  const data = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  parts.reduce((offset, part) => (data.set(part, offset), offset + part.length), 0);
  return { examples: data.length / units, units, data };
}

const withoutData = () => new UserError('Expected at least one batch for the gradients of gates, got none.');
