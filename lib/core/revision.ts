import type * as tf from '@tensorflow/tfjs';
import { attachedTo, Attachment, Transform } from './attach';
import { ratesOf } from './facts-of';
import { isModel, layersOf } from './layers';
import { variableOf } from './weights';

/**
 * A fingerprint of everything about a model that a trace freezes: which weights there are and are trainable, their shapes,
 * dropout rates, what is attached and its revision. Compiled programs are cached by it (and by the inputs' signature): equal
 * means that the program still fits.
 */
export function revisionOf(model: tf.LayersModel): string {
  return layersOf(model).map(fingerprint).join(';');
}

function fingerprint(layer: tf.layers.Layer): string {
  const weights = isModel(layer) ? [] : layer.weights.map(weightPrint);
  const rates = ratesOf(layer).map(([field, value]) => `${field}=${String(value)}`);
  const attached = attachedTo(layer).map(attachmentPrint);
  return [layer.name, layer.trainable, weights.join(), rates.join(), attached.join()].join('|');
}

/** A variable's `id` stays the same when it is assigned, and changes when it is replaced by another. */
function weightPrint(weight: tf.LayerVariable): string {
  const variable = variableOf(weight);
  return `${variable.id}:${variable.shape.join('x')}:${weight.trainable && variable.trainable}`;
}

function attachmentPrint({ target, transform }: Attachment): string {
  return `${target}=${identity(transform)}:${transform.revision}`;
}

const identities = new WeakMap<Transform, number>();
let transforms = 0;

/** Two transforms may say the same of themselves and yet hold other variables, which a program captures. */
function identity(transform: Transform): number {
  let id = identities.get(transform);
  if (id === undefined) identities.set(transform, (id = transforms++));
  return id;
}
