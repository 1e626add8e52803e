import type * as tf from '@tensorflow/tfjs';

interface Group {
  readonly layers: readonly tf.layers.Layer[];
  readonly tensors: ReadonlySet<tf.SymbolicTensor>;
}

/**
 * Groups layers that consume a common tensor: query, key and value of an attention, or, through a layer that is applied twice,
 * the consumers of both of its inputs. A group can only be quantized together: one tensor has one range, and so has one layer.
 */
export function groupByInput(layers: readonly tf.layers.Layer[]): (readonly tf.layers.Layer[])[] {
  let groups: Group[] = [];
  for (const layer of layers) {
    const inputs = layer.inboundNodes.flatMap(({ inputTensors }) => inputTensors);
    const touching = groups.filter(({ tensors }) => inputs.some((input) => tensors.has(input)));
    const merged: Group = {
      layers: [...touching.flatMap((group) => group.layers), layer],
      tensors: new Set([...touching.flatMap((group) => [...group.tensors]), ...inputs]),
    };
    groups = [...groups.filter((group) => !touching.includes(group)), merged];
  }
  return groups.map((group) => group.layers);
}
