import type * as tf from '@tensorflow/tfjs';
import { weightFacts } from '../../core/facts-of';
import { ownWeights } from '../../core/own-weights';
import { scalingOf } from '../../core/scaling-of';
import { variableOf, Weight, weightsOf } from '../../core/weights';
import type { Slot } from './slot';

/** A product of a layer, as slots: of what it reads (a norm reads nothing that could be scaled) and of what it makes. */
export interface Product {
  readonly reads?: Slot;
  readonly makes: Slot;
}

/** The products of a layer, one after the other, and what is added to the last. */
export interface Affine {
  readonly products: readonly Product[];
  readonly added: readonly Slot[];
}

/** What the layers of a model say of their products; a layer that says nothing has none. */
export function affinesOf(model: tf.LayersModel): (layer: tf.layers.Layer) => Affine {
  const weights = new Map(weightsOf(model).map((weight) => [weight.variable, weight]));
  const known = new Map<tf.layers.Layer, Affine>();
  return (layer) => {
    const found = known.get(layer) ?? affineOf(layer, weights);
    known.set(layer, found);
    return found;
  };
}

/** Every slot of a layer's products and of what is added. */
export function slotsOf({ products, added }: Affine): Slot[] {
  return [...products.map(({ makes }) => makes), ...added];
}

function affineOf(layer: tf.layers.Layer, weights: ReadonlyMap<tf.Variable, Weight>): Affine {
  const own = new Map(
    [...ownWeights(layer)].map(([name, weight]) => [
      name,
      { ...weights.get(variableOf(weight))!, layer, name },
    ]),
  );
  const products = (scalingOf(layer).products ?? []).flatMap(({ weight: name, reads }): Product[] => {
    const weight = own.get(name);
    if (!weight) return [];
    const makes: Slot = { weight, axes: channelsOf(weight), multiplies: true };
    return [reads === undefined ? { makes } : { makes, reads: { ...makes, axes: [reads] } }];
  });
  const added = [...own.values()].filter((weight) => ['bias', 'shift'].includes(weightFacts(weight).role));
  return { products, added: added.map((weight) => ({ weight, axes: [0], multiplies: false })) };
}

function channelsOf(weight: Weight): readonly number[] {
  const facts = weightFacts(weight);
  return 'channels' in facts ? facts.channels : [0];
}
