import type * as tf from '@tensorflow/tfjs';
import { distinct } from './distinct';
import { layersOf } from './layers';

/** What tfjs keeps in each layer: the weights that it made, and the names that it gave them. */
interface Made {
  readonly _trainableWeights: readonly tf.LayerVariable[];
  readonly _nonTrainableWeights: readonly tf.LayerVariable[];
  readonly _addedWeightNames: readonly string[];
}

/** A layer's weights without those of the layers in it, by the names that it gave them; a name that comes twice is numbered. */
export function ownWeights(layer: tf.layers.Layer): Map<string, tf.LayerVariable> {
  const held = new Set(layersOf(layer).flatMap((inner) => (inner === layer ? [] : inner.weights)));
  const weights = layer.weights.filter((weight) => !held.has(weight));
  const names = distinct(weights.map(({ originalName }) => nameIn(layer, originalName)));
  return new Map(weights.map((weight, i) => [names[i]!, weight]));
}

/** Whether a layer made a weight, rather than taking it over from another. */
export function isMadeBy(weight: tf.LayerVariable, layer: tf.layers.Layer): boolean {
  const { _trainableWeights, _nonTrainableWeights } = layer as unknown as Made;
  return _trainableWeights.includes(weight) || _nonTrainableWeights.includes(weight);
}

/** The last part of a name: `kernel` of `lstm/cell/kernel`. */
export function lastOf(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

/** The name that a layer gave a weight, without those of layers that tfjs puts in front, more or fewer by how it was built. */
function nameIn(layer: tf.layers.Layer, original: string): string {
  const { _addedWeightNames: given } = layer as unknown as Made;
  const fitting = given.filter((name) => `/${original}`.endsWith(`/${name}`));
  return fitting.sort((a, b) => b.length - a.length)[0] ?? lastOf(original);
}
