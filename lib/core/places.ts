import type * as tf from '@tensorflow/tfjs';
import { factsOf } from './facts-of';
import { layersOf } from './layers';
import { variableOf, Weight } from './weights';

/** Where a layer computes with a weight: what to attach to. */
export interface Place {
  readonly layer: tf.layers.Layer;
  /** The weight's name there. */
  readonly name: string;
}

/** Where a model computes with a weight: in its own layer, and in those that borrow it, such as a decoder tied to a table. */
export function placesOf(model: tf.LayersModel, { layer, name, variable }: Weight): Place[] {
  const borrowers = layersOf(model).filter((other) =>
    factsOf(other)?.borrows?.some((weight) => variableOf(weight) === variable),
  );
  return [layer, ...borrowers].map((place) => ({ layer: place, name }));
}
