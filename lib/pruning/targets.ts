import type * as tf from '@tensorflow/tfjs';
import { callsOf, GraphTensor } from '../core/calls';
import type { WeightFacts } from '../core/facts';
import { weightFacts } from '../core/facts-of';
import { layersOf } from '../core/layers';
import { Weight, weightsOf } from '../core/weights';

/** Every weight of a model: what is pruned unless told otherwise, and what is not. */
export interface PruningTargets {
  /** In the order of the layers. */
  readonly targets: readonly Weight[];
  /** All others. */
  readonly skipped: readonly SkippedTarget[];
}

/** A weight that is not pruned, and why. */
export interface SkippedTarget {
  /** As `weightsOf` names it. */
  readonly path: string;
  /** For people, the end of a sentence: `it is a bias`. */
  readonly why: string;
}

/** Why weights that are not matrices in function are not pruned, whatever their rank. */
const REASONS: Readonly<Partial<Record<WeightFacts['role'], string>>> = {
  depthwise: 'it works on each channel by itself',
  table: 'it is a table of rows that are looked up',
  scale: 'it scales channels',
  shift: 'it shifts channels',
  bias: 'it is a bias',
  statistic: 'it is a statistic of what its layer sees',
};

/**
 * What is pruned unless told otherwise: the trained kernels of dense layers, convolutions (of separable ones the pointwise) and recurrent
 * layers, and matrices of layers that nobody describes, but not the classifier (the layer that makes what the model returns, `classifiersOf`).
 * What is left out is small, and sensitive beyond its size. Every weight is listed, in the model's order.
 *
 * @example console.table(pruningTargets(model).skipped);
 */
export function pruningTargets(model: tf.LayersModel): PruningTargets {
  const heads = classifiersOf(model);
  const all = weightsOf(model).map((weight) => ({ weight, why: reasonAgainst(weight, heads) }));
  return {
    targets: all.filter(({ why }) => why === undefined).map(({ weight }) => weight),
    skipped: all.flatMap(({ weight: { path }, why }) => (why === undefined ? [] : [{ path, why }])),
  };
}

/** `pruningTargets(model).targets` */
export function defaultTargets(model: tf.LayersModel): Weight[] {
  return [...pruningTargets(model).targets];
}

function reasonAgainst(weight: Weight, heads: ReadonlySet<tf.layers.Layer>): string | undefined {
  const why = REASONS[weightFacts(weight).role];
  if (why !== undefined) return why;
  if (weight.rank < 2) return 'it is no matrix';
  if (!weight.trainable) return 'it is not trained';
  return heads.has(weight.layer) ? 'its layer makes what the model returns' : undefined;
}

/**
 * The last layers with more than scales and shifts on the way to each of the model's outputs, and the layers in them. They are found behind
 * norms and learned slopes, too, where nothing else comes in between: what a norm makes of a sum is no classifier's answer.
 */
export function classifiersOf(model: tf.LayersModel): Set<tf.layers.Layer> {
  const makers = new Set(
    weightsOf(model)
      .filter(isOfMaker)
      .map(({ layer }) => layer),
  );
  const heads = new Set<tf.layers.Layer>();
  const walkBack = ({ producer: { layer, inputs } }: GraphTensor, behindNorm: boolean): void => {
    const inside = layersOf(layer);
    if (inside.some((each) => makers.has(each))) inside.forEach((each) => heads.add(each));
    else if (!behindNorm || inputs.length === 1) {
      inputs.forEach((input) => walkBack(input, behindNorm || layer.weights.length > 0));
    }
  };
  callsOf(model).outputs.forEach((output) => walkBack(output, false));
  return heads;
}

const isOfMaker = (weight: Weight) =>
  !['scale', 'shift', 'bias', 'statistic'].includes(weightFacts(weight).role);
