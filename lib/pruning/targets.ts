import type * as tf from '@tensorflow/tfjs';
import { callsOf, GraphTensor } from '../core/calls';
import type { WeightFacts } from '../core/facts';
import { weightFacts } from '../core/facts-of';
import { layersOf } from '../core/layers';
import { Weight, weightsOf } from '../core/weights';

/** Weights that are not matrices in function, whatever their rank: lookup tables, and what works on each channel by itself. */
const EXCLUDED: ReadonlySet<WeightFacts['role']> = new Set(['table', 'scale', 'shift', 'bias', 'statistic']);

/**
 * What is pruned unless told otherwise: trainable weights of rank 2 or more, except embeddings, norms, and the classifier (the
 * layer whose output the model returns). Small, and sensitive beyond their size.
 */
export function defaultTargets(model: tf.LayersModel): Weight[] {
  const heads = classifiersOf(model);
  return weightsOf(model).filter(
    (weight) =>
      weight.trainable &&
      weight.rank >= 2 &&
      !EXCLUDED.has(weightFacts(weight).role) &&
      !heads.has(weight.layer),
  );
}

/** The last layers with weights on the way to each of the model's outputs, and the layers in them. */
export function classifiersOf(model: tf.LayersModel): Set<tf.layers.Layer> {
  const heads = new Set<tf.layers.Layer>();
  const walkBack = ({ producer: { layer, inputs } }: GraphTensor): void => {
    if (layer.weights.length > 0) layersOf(layer).forEach((each) => heads.add(each));
    else inputs.forEach(walkBack);
  };
  callsOf(model).outputs.forEach(walkBack);
  return heads;
}
