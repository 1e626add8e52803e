import * as tf from '@tensorflow/tfjs';
import { UserError } from '../core/errors';
import { heldBy } from '../core/held-layers';
import { isModel } from '../core/layers';

type Layer = tf.layers.Layer;

/** Fields that every layer has; `trainable` and the like come with the weights. */
const BASE = new Set(Object.keys(tf.layers.flatten()));

/**
 * A class whose `getConfig` forgets one of its settings would be made again with another. Layers that it holds count: cells, what a
 * wrapper wraps, a user's own.
 *
 * @param changed what is to differ, by layer.
 * @throws UserError naming the layer and the setting.
 */
export function expectSameSettings(
  layer: Layer,
  copy: Layer,
  changed: (layer: Layer) => Readonly<Record<string, unknown>>,
): void {
  expectOwnSettings(layer, copy, new Set(Object.keys(changed(layer))));
  const copies = heldBy(copy);
  heldBy(layer).forEach((held, i) => {
    const twin = copies[i]?.layer;
    if (!twin) throw unmakeable(layer, `what it holds as "${held.name}" would be missing`);
    if (!isModel(held.layer)) expectSameSettings(held.layer, twin, changed);
  });
}

function expectOwnSettings(layer: Layer, copy: Layer, changed: ReadonlySet<string>): void {
  const [before, after] = [layer, copy].map((each) => each as unknown as Record<string, unknown>);
  const lost = Object.keys(before!).find(
    (name) => !BASE.has(name) && !changed.has(name) && !isKept(before![name], after![name]),
  );
  if (lost === undefined) return;
  const told = (value: unknown) => JSON.stringify(value) ?? 'undefined';
  throw unmakeable(layer, `"${lost}" is ${told(before![lost])} and would become ${told(after![lost])}`);
}

/** Whether plain data come again; what is no plain data is the layer's own affair. */
function isKept(before: unknown, after: unknown): boolean {
  if (before === null || typeof before === 'function') return true;
  if (typeof before !== 'object') return before === after || before === undefined || Number.isNaN(before);
  const isPlain = Array.isArray(before) || Object.getPrototypeOf(before) === Object.prototype;
  if (!isPlain) return true;
  const found = Object(after) as Record<string, unknown>;
  return Object.entries(before).every(([name, value]) => isKept(value, found[name]));
}

/** The error for a layer that its config does not make again. */
export function unmakeable(layer: Layer, problem: string): UserError {
  return new UserError(
    `Expected layers that their getConfig() makes again, so that the model can be converted, but of "${layer.name}" ` +
      `(${layer.getClassName()}) ${problem}; give its class a getConfig() with all that its constructor takes, or skip ` +
      'quantization for this model.',
  );
}
