import type * as tf from '@tensorflow/tfjs';

/** What a layer holds, if it holds layers: a nested model's, or the one that a wrapper (`timeDistributed`) applies. */
interface Holder {
  readonly layers?: readonly tf.layers.Layer[];
  readonly layer?: tf.layers.Layer;
}

/** Whether a layer is a model: a container of layers without weights of its own. */
export function isModel(layer: tf.layers.Layer): layer is tf.LayersModel {
  return (layer as Holder).layers !== undefined;
}

function innerLayers(layer: tf.layers.Layer): readonly tf.layers.Layer[] {
  const { layers, layer: wrapped } = layer as Holder;
  return layers ?? (wrapped ? [wrapped] : []);
}

/** Every layer of a model, the model itself and nested models first, each once, in the order in which they were added. */
export function layersOf(model: tf.layers.Layer): tf.layers.Layer[] {
  const found = new Set<tf.layers.Layer>();
  const visit = (layer: tf.layers.Layer): void => {
    if (found.has(layer)) return;
    found.add(layer);
    innerLayers(layer).forEach(visit);
  };
  visit(model);
  return [...found];
}
