import type * as tf from '@tensorflow/tfjs';
import { UserError } from './errors';
import { isModel } from './layers';

/** A tensor of a model's graph; the same tensor is the same object. */
export interface GraphTensor {
  /** The call of a layer that makes it: an input layer's for what comes from outside. */
  readonly producer: Call;
  /** Its place among the producer's outputs. */
  readonly output: number;
}

/** One application of a layer in a model's graph. A shared layer has several. */
export interface Call {
  /** Of the model, or of a model nested in it. */
  readonly layer: tf.layers.Layer;
  /** In the order in which the layer takes them; none of an input layer. */
  readonly inputs: readonly GraphTensor[];
}

/** A model's graph, nested models taken apart. */
export interface CallGraph {
  /** What comes first in the model comes first; inputs are calls of input layers. */
  readonly calls: readonly Call[];
  readonly outputs: readonly GraphTensor[];
}

/**
 * A model as the calls of its layers. A nested model is not among them: each of its applications is a set of calls of its own
 * layers, on the tensors that it was applied to. What wrappers, recurrent layers and a user's own layers do inside stays closed.
 *
 * @throws UserError for a sequential model without layers.
 */
export function callsOf(model: tf.LayersModel): CallGraph {
  if (!model.outputs?.length) {
    throw new UserError(`Expected a model with layers, got "${model.name}", which is empty.`);
  }
  const calls: Call[] = [];
  return { outputs: unfold(model, undefined, calls), calls };
}

/**
 * Adds a model's calls to a list.
 *
 * @param given what a nested model is applied to; undefined for the outermost, whose inputs come from outside.
 * @returns the model's outputs.
 */
function unfold(
  model: tf.LayersModel,
  given: readonly GraphTensor[] | undefined,
  calls: Call[],
): GraphTensor[] {
  const known = new Map<tf.SymbolicTensor, GraphTensor>();
  model.inputs.forEach((input, i) => {
    if (given) known.set(input, given[i]!);
  });
  const resolve = (tensor: tf.SymbolicTensor): GraphTensor => {
    if (!known.has(tensor)) {
      const made = apply(tensor.sourceLayer, tensor.inputs.map(resolve), calls);
      siblingsOf(tensor).forEach((sibling, i) => known.set(sibling, made(i)));
    }
    return known.get(tensor)!;
  };
  return model.outputs.map(resolve);
}

/** Adds the call of a layer, or those of a model's layers; returns what gives its outputs by their place. */
function apply(
  layer: tf.layers.Layer,
  inputs: readonly GraphTensor[],
  calls: Call[],
): (place: number) => GraphTensor {
  if (isModel(layer)) {
    const outputs = unfold(layer, inputs, calls);
    return (place) => outputs[place]!;
  }
  const producer: Call = { layer, inputs };
  calls.push(producer);
  return (output) => ({ producer, output });
}

/** All outputs of the application that made a tensor. */
function siblingsOf(tensor: tf.SymbolicTensor): readonly tf.SymbolicTensor[] {
  const node = tensor.sourceLayer.inboundNodes.find(({ outputTensors }) => outputTensors.includes(tensor));
  return node!.outputTensors;
}
