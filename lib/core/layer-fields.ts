import * as tf from '@tensorflow/tfjs';

/** A field's value, and the items that it has if it is a list. */
interface Field {
  readonly value: unknown;
  readonly items?: readonly unknown[];
}

/**
 * Remembers the fields of layers, for a trace: a layer that keeps a tensor of its own (its last attention weights, say) would be
 * left with one that is of the trace and has no values.
 *
 * @returns how to put back, once, what held or holds tensors.
 */
export function rememberFields(layers: readonly tf.layers.Layer[]): () => void {
  const before = layers.map((layer) => [layer, fieldsOf(layer)] as const);
  return () => before.forEach(([layer, fields]) => putBack(layer, fields));
}

function fieldsOf(layer: object): Map<string, Field> {
  const fields = Object.entries(layer) as [string, unknown][];
  return new Map(
    fields.map(([name, value]) => [name, Array.isArray(value) ? { value, items: [...value] } : { value }]),
  );
}

function putBack(layer: object, before: ReadonlyMap<string, Field>): void {
  const target = layer as Record<string, unknown>;
  for (const [name, now] of fieldsOf(layer)) {
    const field = before.get(name);
    if (!holdsTensors(now) && !(field && holdsTensors(field))) continue;
    if (!field) {
      delete target[name];
      continue;
    }
    if (field.items) (field.value as unknown[]).splice(0, Infinity, ...field.items);
    target[name] = field.value;
  }
}

function holdsTensors({ value, items = [value] }: Field): boolean {
  return items.some((item) => item instanceof tf.Tensor);
}
