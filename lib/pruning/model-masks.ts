import * as tf from '@tensorflow/tfjs';
import { UserError } from '../core/errors';
import { nearest } from '../core/nearest';
import { Weight, weightsOf } from '../core/weights';
import { MaskSet, maskSet } from './mask';

/** By variable: whoever computes with a weight, in however many models, meets the same mask. */
const masks = new WeakMap<tf.Variable, Uint8Array>();

/** The mask of a weight, 1 = keep, row-major; undefined where nothing is pruned. Not to be written. */
export function maskOf(variable: tf.Variable): Uint8Array | undefined {
  return masks.get(variable);
}

/** The masks of a model, by the paths of its weights. They stay with it from training to training, and go where it is converted. */
export function masksOf(model: tf.LayersModel): MaskSet {
  return new Map(
    weightsOf(model).flatMap(({ path, variable }) => {
      const mask = maskOf(variable);
      return mask ? [[path, mask] as const] : [];
    }),
  );
}

/**
 * Gives a model masks, beside those that it has: pruned weights are exactly 0 from now on, in every training. A path's new mask
 * replaces its old one.
 *
 * @throws UserError for a path that the model does not have, with the nearest, and for masks of another length; then nothing
 *   has changed.
 *
 * @example setMasks(model, loadMasks('ticket.safetensors'));
 */
export function setMasks(model: tf.LayersModel, set: MaskSet): void {
  const weights = new Map(weightsOf(model).map((weight) => [weight.path, weight]));
  for (const [path, mask] of maskSet(set)) {
    const weight = weights.get(path);
    if (!weight) throw unknownPath(path, weights.keys());
    expectLength(weight, mask);
  }
  for (const [path, mask] of set) setMask(weights.get(path)!, mask);
}

/** Takes the masks of a model away; weights that are 0 stay so until they are trained. */
export function clearMasks(model: tf.LayersModel): void {
  for (const { variable } of weightsOf(model)) masks.delete(variable);
}

/**
 * Sets the mask of one weight and makes what it prunes exactly 0; undefined takes it away.
 *
 * @param mask a 0 or 1 for each value, copied.
 * @throws UserError for another length or other values.
 */
export function setMask(weight: Maskable, mask: Uint8Array | undefined): void {
  noteMask(weight, mask);
  const { variable } = weight;
  const values = variable.dataSync();
  if (!mask || mask.every((keep, i) => keep === 1 || Object.is(values[i], 0))) return;
  const pruned = Float32Array.from(values, (value, i) => (mask[i] === 0 ? 0 : value));
  tf.tidy(() => variable.assign(tf.tensor(pruned, variable.shape, variable.dtype)));
}

/** `setMask` for those who keep the values at 0 themselves. */
export function noteMask(weight: Maskable, mask: Uint8Array | undefined): void {
  if (!mask) return void masks.delete(weight.variable);
  expectLength(weight, mask);
  maskSet([[weight.path, mask]]);
  masks.set(weight.variable, mask.slice());
}

type Maskable = Pick<Weight, 'path' | 'variable'>;

function expectLength({ path, variable }: Maskable, mask: Uint8Array): void {
  if (mask.length === variable.size) return;
  throw new UserError(
    `Expected a mask of ${variable.size} zeros and ones for "${path}", got ${mask.length} values.`,
  );
}

function unknownPath(path: string, paths: Iterable<string>): UserError {
  return new UserError(
    `Expected masks of weights that the model has, got one of "${path}"; the nearest are ${nearest(path, paths).join(', ')}.`,
  );
}
