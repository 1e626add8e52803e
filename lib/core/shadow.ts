import type * as tf from '@tensorflow/tfjs';

/** Makes `read()` of a weight answer with another tensor, computed at the first read; returns how to undo it. */
export function shadowRead(weight: tf.LayerVariable, transform: (value: tf.Tensor) => tf.Tensor): () => void {
  if (held.has(weight)) return () => undefined;
  const own = Object.getOwnPropertyDescriptor(weight, 'read');
  const original = weight.read;
  let effective: tf.Tensor | undefined;
  weight.read = () => (effective ??= transform(original.call(weight)));
  return () => restore(weight, 'read', own);
}

/** Weights whose effective value is that of a call further out. */
const held = new Set<tf.LayerVariable>();

/** Shadows a weight, and leaves it so where it would be shadowed again, until it is undone; computed at once. */
export function holdRead(weight: tf.LayerVariable, transform: (value: tf.Tensor) => tf.Tensor): () => void {
  if (held.has(weight)) return () => undefined;
  const undo = shadowRead(weight, transform);
  weight.read();
  held.add(weight);
  return () => {
    held.delete(weight);
    undo();
  };
}

/** Gives a property of an object back what it was; undefined where the object had none of its own. */
export function restore<T extends object>(
  object: T,
  key: keyof T,
  own: PropertyDescriptor | undefined,
): void {
  if (own) Object.defineProperty(object, key, own);
  else delete object[key];
}
