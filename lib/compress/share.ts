import type * as tf from '@tensorflow/tfjs';
import type { GraphTensor } from '../core/calls';
import type { Feeds } from '../core/feeds';

interface Group {
  readonly layers: readonly tf.layers.Layer[];
  readonly tensors: ReadonlySet<GraphTensor>;
}

/**
 * Groups layers of a model's graph that consume a common tensor: query, key and value of an attention, or, through a layer that is
 * applied twice, the consumers of both of its inputs. A group can only be quantized together: one tensor has one range, and so has
 * one layer.
 */
export function groupByInput(
  layers: readonly tf.layers.Layer[],
  feeds: Feeds,
): (readonly tf.layers.Layer[])[] {
  let groups: Group[] = [];
  for (const layer of layers) {
    const inputs = feeds.tensorsInto(layer);
    const touching = groups.filter(({ tensors }) => inputs.some((input) => tensors.has(input)));
    const merged: Group = {
      layers: [...touching.flatMap((group) => group.layers), layer],
      tensors: new Set([...touching.flatMap((group) => [...group.tensors]), ...inputs]),
    };
    groups = [...groups.filter((group) => !touching.includes(group)), merged];
  }
  return groups.map((group) => group.layers);
}
