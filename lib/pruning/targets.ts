import type * as tf from '@tensorflow/tfjs';
import { isModel } from '../core/layers';
import { Weight, weightsOf } from '../core/weights';

/** Weights that are not matrices in function, whatever their rank: lookup tables, and scales and shifts of norms. */
const EXCLUDED = new Set(['embeddings', 'gamma', 'beta']);

/**
 * What is pruned unless told otherwise: trainable weights of rank 2 or more, except embeddings, norms, and the classifier (the
 * layer whose output the model returns). Small, and sensitive beyond their size.
 */
export function defaultTargets(model: tf.LayersModel): Weight[] {
  const heads = classifiersOf(model);
  return weightsOf(model).filter(
    ({ layer, name, rank, trainable }) => trainable && rank >= 2 && !EXCLUDED.has(name) && !heads.has(layer),
  );
}

/** The last layers with weights on the way to each of the model's outputs. */
export function classifiersOf(model: tf.LayersModel): Set<tf.layers.Layer> {
  const heads = new Set<tf.layers.Layer>();
  const walkBack = (tensor: tf.SymbolicTensor): void => {
    const { sourceLayer } = tensor;
    if (isModel(sourceLayer)) sourceLayer.outputs.forEach(walkBack);
    else if (sourceLayer.weights.length > 0) heads.add(sourceLayer);
    else tensor.inputs.forEach(walkBack);
  };
  model.outputs.forEach(walkBack);
  return heads;
}
