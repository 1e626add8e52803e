import * as tf from '@tensorflow/tfjs';

/** A layer in the hands of another, and what the holder calls it. */
export interface HeldLayer {
  readonly layer: tf.layers.Layer;
  /** A layer's name in a model; a field's name elsewhere: `dense`, `blocks/0/up`. */
  readonly name: string;
  /** Whether a path names it even where it would be unique without. */
  readonly required: boolean;
}

/** Whether a layer is a model: a container of layers without weights of its own. A user's own layer may have `layers` too. */
export function isModel(layer: tf.layers.Layer): layer is tf.LayersModel {
  return layer instanceof tf.LayersModel;
}

/**
 * The layers that a layer applies itself, in the order of its fields: a model's layers, the one in a wrapper, the cells of a
 * recurrent layer, and whatever layers a user's own layer keeps in its fields, lists and records of layers included. Private
 * fields (`#dense`) are out of sight.
 */
export function heldBy(layer: tf.layers.Layer): readonly HeldLayer[] {
  if (isModel(layer)) return layer.layers.map((held) => ({ layer: held, name: held.name, required: true }));
  const held = NAMED[layer.getClassName()] ?? inFields;
  return held(layer);
}

type Holder<T> = tf.layers.Layer & Readonly<T>;

/** Holders of tfjs whose weights are named otherwise than after fields. */
const NAMED: Readonly<Record<string, (layer: tf.layers.Layer) => readonly HeldLayer[]>> = {
  // Its field `layer` is only what the two were copied from.
  Bidirectional: (layer) => {
    const { forwardLayer, backwardLayer } = layer as Holder<
      Record<'forwardLayer' | 'backwardLayer', tf.layers.Layer>
    >;
    return [forwardLayer, backwardLayer].map((held) => ({ layer: held, name: held.name, required: true }));
  },
  StackedRNNCells: (layer) =>
    (layer as Holder<{ cells: readonly tf.layers.Layer[] }>).cells.map((cell, i) => ({
      layer: cell,
      name: `RNNCell_${i}`,
      required: true,
    })),
};

class Bare extends tf.layers.Layer {
  static readonly className = 'WhittleBare';
}

/** Fields that hold no layers: those of every layer, and what a layer declares of itself (see facts.ts). */
const COMMON = new Set([...Object.keys(new Bare({ name: 'bare' })), 'facts']);

function inFields(layer: tf.layers.Layer): readonly HeldLayer[] {
  const found: HeldLayer[] = [];
  const seen = new Set<unknown>();
  const search = (value: object, name: string): void => {
    if (value instanceof tf.layers.Layer) found.push({ layer: value, name, required: false });
    else if (isCollection(value) && !seen.has(value)) {
      seen.add(value);
      for (const [key, item] of entriesOf(value)) if (isObject(item)) search(item, `${name}/${String(key)}`);
    }
  };
  for (const field of Object.keys(layer)) {
    const value: unknown = layer[field as keyof typeof layer];
    if (isObject(value) && !COMMON.has(field)) search(value, field);
  }
  return found;
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

type Collection = readonly unknown[] | ReadonlyMap<unknown, unknown> | Readonly<Record<string, unknown>>;

/** Lists, maps and plain records; not tensors, variables and other objects with a class. */
function isCollection(value: object): value is Collection {
  return Array.isArray(value) || value instanceof Map || Object.getPrototypeOf(value) === Object.prototype;
}

function entriesOf(value: Collection): Iterable<[unknown, unknown]> {
  return value instanceof Map ? value : Object.entries(value);
}
