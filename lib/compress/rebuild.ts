import type * as tf from '@tensorflow/tfjs';
import { isModel } from '../core/layers';

/** A layer in a model's config. */
interface LayerEntry {
  readonly name: string;
  readonly className: string;
  readonly config: object;
  /** One list of edges per application; absent in sequential models. */
  readonly inboundNodes?: readonly (readonly Edge[])[];
}

/** An input: the layer it comes from, which application of that layer, which of its outputs, and the call's options. */
type Edge = readonly [layer: string, node: number, output: number, kwargs: object];

interface ModelConfig {
  readonly layers: readonly LayerEntry[];
}

/** The class of a model, functional or sequential, with the part of `fromConfig` that its type leaves out. */
interface ModelClass {
  fromConfig(
    modelClass: ModelClass,
    config: ModelConfig,
    customObjects: object,
    fastWeightInit: boolean,
  ): tf.LayersModel;
}

/**
 * A new model with the config of another, its weights zero, and layers inserted in front of some of its layers: every tensor
 * that such a layer consumes goes through the inserted layer first. Nothing of the original is shared or changed.
 *
 * @param insertedBefore the layer to insert in front of a layer, if any; the same object for layers that are to share it.
 */
export function rebuild(
  model: tf.LayersModel,
  insertedBefore: (layer: tf.layers.Layer) => tf.layers.Layer | undefined,
): tf.LayersModel {
  const modelClass = model.constructor as unknown as ModelClass;
  // tfjs writes into the config that it reads, parts of which may be the original's: give it a copy.
  const config = JSON.parse(JSON.stringify(configWith(model, insertedBefore))) as ModelConfig;
  const zeros = true; // faster than random numbers that are overwritten
  return modelClass.fromConfig(modelClass, config, {}, zeros);
}

function configWith(
  model: tf.LayersModel,
  insertedBefore: (layer: tf.layers.Layer) => tf.layers.Layer | undefined,
): ModelConfig {
  const config = model.getConfig() as unknown as ModelConfig;
  const inserted = new Map<tf.layers.Layer, Inserted>();
  const layers = model.layers.flatMap((layer, i): LayerEntry[] => {
    const entry = config.layers[i]!;
    if (isModel(layer)) return [{ ...entry, config: configWith(layer, insertedBefore) }];
    const before = insertedBefore(layer);
    if (!before) return [entry];
    if (!entry.inboundNodes) return [sequentialEntry(before, entry), entry];
    const known = inserted.get(before);
    const shared = known ?? { entry: entryOf(before), nodes: [] };
    inserted.set(before, shared);
    const rerouted = { ...entry, inboundNodes: reroute(entry.inboundNodes, shared) };
    return known ? [rerouted] : [{ ...shared.entry, inboundNodes: shared.nodes }, rerouted];
  });
  return { ...config, layers };
}

/** A layer to be inserted, and the tensors that it is applied to so far, one per node. */
interface Inserted {
  readonly entry: LayerEntry;
  readonly nodes: Edge[][];
}

function entryOf(layer: tf.layers.Layer): LayerEntry {
  return { name: layer.name, className: layer.getClassName(), config: layer.getConfig() };
}

/** The first layer of a sequential model declares the input's shape. */
function sequentialEntry(layer: tf.layers.Layer, follower: LayerEntry): LayerEntry {
  const { batchInputShape, dtype } = follower.config as { batchInputShape?: tf.Shape; dtype?: string };
  const entry = entryOf(layer);
  return batchInputShape ? { ...entry, config: { ...entry.config, batchInputShape, dtype } } : entry;
}

function reroute(nodes: readonly (readonly Edge[])[], { entry, nodes: sources }: Inserted): Edge[][] {
  return nodes.map((edges) =>
    edges.map(([layer, node, output, kwargs]) => {
      let index = sources.findIndex(([source]) => `${source!.slice(0, 3)}` === `${[layer, node, output]}`);
      if (index < 0) index = sources.push([[layer, node, output, {}]]) - 1;
      return [entry.name, index, 0, kwargs];
    }),
  );
}
