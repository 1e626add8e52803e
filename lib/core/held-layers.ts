import * as tf from '@tensorflow/tfjs';
import { STOCK } from './stock-facts';

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
  const name = layer.getClassName();
  if (name in HOLDERS) return HOLDERS[name]!(layer);
  return name in STOCK ? NONE : inFields(layer);
}

type Find = (layer: tf.layers.Layer) => readonly HeldLayer[];

/** The layer in one field. */
const inField =
  (name: string): Find =>
  (holder) => [
    { layer: (holder as unknown as Record<string, tf.layers.Layer>)[name]!, name, required: false },
  ];

/** Those of tfjs that hold layers. */
const HOLDERS: Readonly<Record<string, Find>> = {
  TimeDistributed: inField('layer'),
  RNN: inField('cell'),
  SimpleRNN: inField('cell'),
  GRU: inField('cell'),
  LSTM: inField('cell'),
  ConvRNN2D: inField('cell'),
  ConvLSTM2D: inField('cell'),
  StackedRNNCells: (holder) => {
    const { cells } = holder as unknown as { readonly cells: readonly tf.layers.Layer[] };
    return cells.map((layer, i) => ({ layer, name: `RNNCell_${i}`, required: true }));
  },
  // Its field `layer` is only what the two were copied from.
  Bidirectional: (holder) =>
    ['forwardLayer', 'backwardLayer'].flatMap((field) =>
      inField(field)(holder).map(({ layer }) => ({ layer, name: layer.name, required: true })),
    ),
};

const ONCE = ['StackedRNNCells', 'Bidirectional'];

/** Whether a layer applies the one that it holds at every step of time. */
export function repeats(layer: tf.layers.Layer): boolean {
  const name = layer.getClassName();
  return name in HOLDERS && !ONCE.includes(name);
}

const NONE: readonly HeldLayer[] = [];

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
