import * as tf from '@tensorflow/tfjs';
import { attach, Attachment } from '../core/attach';
import { UserError } from '../core/errors';
import { hostOf } from '../core/host-tensor';
import { nearest } from '../core/nearest';
import { Place, placesOf } from '../core/places';
import { Weight, weightsOf } from '../core/weights';
import { LatentMask } from './latent-mask';
import { kindIn, MaskKind, MaskSet, maskSet } from './mask';

interface HardMask {
  readonly kind: 'hard';
  readonly mask: Uint8Array;
}

/** A mask that is attached to the layers that compute with the weight. */
interface AttachedMask {
  readonly kind: 'latent';
  readonly mask: Uint8Array;
  readonly transform: LatentMask;
  readonly attachments: readonly Attachment[];
}

/** By variable: whoever computes with a weight, in however many models, meets the same mask. */
const masks = new WeakMap<tf.Variable, HardMask | AttachedMask>();

/** The mask of a weight, 1 = keep, row-major; undefined where nothing is pruned. Not to be written. */
export function maskOf(variable: tf.Variable): Uint8Array | undefined {
  return masks.get(variable)?.mask;
}

/** What the mask of a weight does to it; undefined where there is none. */
export function maskKindOf(variable: tf.Variable): MaskKind | undefined {
  return masks.get(variable)?.kind;
}

/** The latent mask of a weight as a tensor of 0 and 1, the caller's; undefined where it has none. */
export function latentMaskTensor(variable: tf.Variable): tf.Tensor | undefined {
  const found = masks.get(variable);
  return found?.kind === 'latent' ? found.transform.values() : undefined;
}

/** What layers compute with where nothing but a mask is attached: the values, with 0 where a mask prunes. Not to be written. */
export function effectiveValues(variable: tf.Variable): tf.TypedArray {
  const { data } = hostOf(variable);
  const found = masks.get(variable);
  return found?.kind === 'latent' ? found.transform.bake({ data: data as Float32Array }) : data;
}

/**
 * The masks of a model, by the paths of its weights, with their kinds. They stay with it from training to training, and go where it is
 * converted.
 */
export function masksOf(model: tf.LayersModel): MaskSet {
  return masksOfWeights(weightsOf(model));
}

/** The masks of some weights, by their paths, with their kinds. */
export function masksOfWeights(weights: readonly Pick<Weight, 'path' | 'variable'>[]): MaskSet {
  const found = weights.filter(({ variable }) => masks.has(variable));
  return maskSet(
    found.map(({ path, variable }) => [path, maskOf(variable)!]),
    found.filter(({ variable }) => maskKindOf(variable) === 'latent').map(({ path }) => path),
  );
}

/**
 * Gives a model masks, beside those that it has, of the set's kinds: what hard masks prune is exactly 0 from now on, in every training; by
 * latent ones layers compute as if it were. A path's new mask replaces its old one.
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
  for (const [path, mask] of set) setMask(maskable(model, weights.get(path)!), mask, kindIn(set, path));
}

/** Takes the masks of a model away; weights that are 0 stay so until they are trained. */
export function clearMasks(model: tf.LayersModel): void {
  for (const weight of weightsOf(model)) noteMask(weight, undefined);
}

/**
 * Makes the latent masks of a model hard: what they prune is exactly 0 from now on, in the weights themselves. What the model computes
 * stays the same. For when pruning is over, before the model is saved.
 */
export function hardenMasks(model: tf.LayersModel): void {
  for (const weight of weightsOf(model)) {
    if (maskKindOf(weight.variable) === 'latent') setMask(weight, maskOf(weight.variable), 'hard');
  }
}

/**
 * Sets the mask of one weight and, if it is hard, makes what it prunes exactly 0; undefined takes it away.
 *
 * @param mask a 0 or 1 for each value, copied.
 * @throws UserError for another length or other values, and for a latent mask of what no layer computes with.
 */
export function setMask(weight: Maskable, mask: Uint8Array | undefined, kind: MaskKind = 'hard'): void {
  noteMask(weight, mask, kind);
  if (kind === 'latent') return;
  const { variable } = weight;
  const values = variable.dataSync();
  if (!mask || mask.every((keep, i) => keep === 1 || Object.is(values[i], 0))) return;
  const pruned = Float32Array.from(values, (value, i) => (mask[i] === 0 ? 0 : value));
  tf.tidy(() => variable.assign(tf.tensor(pruned, variable.shape, variable.dtype)));
}

/** `setMask` for those who keep the values at 0 themselves. */
export function noteMask(weight: Maskable, mask: Uint8Array | undefined, kind: MaskKind = 'hard'): void {
  const { path, variable } = weight;
  if (mask) {
    expectLength(weight, mask);
    maskSet([[path, mask]]);
  }
  if (mask && kind === 'latent') return noteLatent(weight, mask.slice());
  detach(masks.get(variable));
  if (mask) masks.set(variable, { kind: 'hard', mask: mask.slice() });
  else masks.delete(variable);
}

function noteLatent({ path, variable, places = [] }: Maskable, mask: Uint8Array): void {
  const before = masks.get(variable);
  const attached = before?.kind === 'latent' ? before : attachMask(path, variable, places);
  attached.transform.set(mask);
  masks.set(variable, { ...attached, mask });
}

function attachMask(
  path: string,
  variable: tf.Variable,
  places: readonly Place[],
): Omit<AttachedMask, 'mask'> {
  if (places.length === 0) {
    throw new UserError(
      `Expected a latent mask of a weight that layers compute with, got one of "${path}"; give it a hard one.`,
    );
  }
  const transform = new LatentMask(path, variable);
  const attachments = places.map(({ layer, name }) => attach(layer, name, transform, { first: true }));
  return { kind: 'latent', transform, attachments };
}

function detach(found: HardMask | AttachedMask | undefined): void {
  if (found?.kind === 'latent') found.attachments.forEach((attachment) => attachment.detach());
}

/** A weight that may have a mask. */
export interface Maskable extends Pick<Weight, 'path' | 'variable'> {
  /** Where layers compute with it: `placesOf`. Needed for a latent mask. */
  readonly places?: readonly Place[];
}

/** A weight of a model that may have a mask of any kind. */
export function maskable(model: tf.LayersModel, weight: Weight): Maskable {
  return { path: weight.path, variable: weight.variable, places: placesOf(model, weight) };
}

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
