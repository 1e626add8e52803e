import * as tf from '@tensorflow/tfjs';
import { forgottenSettings } from '../core/forgotten-settings';
import { isModel } from '../core/layers';
import { expectSameSettings, unmakeable } from './same-settings';

type Layer = tf.layers.Layer;

/** One application of a layer in a functional model. */
type Application = Layer['inboundNodes'][number];

/** A layer's class, with the part of `fromConfig` that its type leaves out. */
interface LayerClass {
  fromConfig(layerClass: LayerClass, config: tf.serialization.ConfigDict): Layer;
}

export interface CloneOptions {
  /** A new layer to put in front of a layer, if any: the same object for layers that are to share it. */
  readonly before?: (layer: Layer) => Layer | undefined;
  /** Whether to leave a layer out, which has one input and one output of the same shape. Default none. */
  readonly omit?: (layer: Layer) => boolean;
  /** Settings that a layer's copy is to have instead of the layer's own, by their names in its config. Default none. */
  readonly settings?: (layer: Layer) => Readonly<Record<string, boolean | number>>;
}

/** A model that computes what another does, and which of its layers stands for which. */
export interface Clone {
  /** Its weights are 0. Nothing of the original is shared or changed. */
  readonly model: tf.LayersModel;
  /** The new layer for each old one, nested models and their layers included. */
  readonly layers: ReadonlyMap<Layer, Layer>;
}

/**
 * Makes every layer again from its config and applies it where the original is applied: a layer in several places, also of several
 * nested models, stays one layer. With layers inserted, every tensor that such a layer consumes goes through the inserted one first.
 *
 * @throws UserError for a layer that its config does not make again, by name.
 */
export function cloneModel(
  model: tf.LayersModel,
  { before = () => undefined, omit = () => false, settings = () => ({}) }: CloneOptions = {},
): Clone {
  const layers = new Map<Layer, Layer>();
  const clone = cloneContainer(model, { layers, before, omit, settings });
  layers.set(model, clone);
  for (const [layer, copy] of layers) if (!isModel(layer)) expectSameSettings(layer, copy, settings);
  return { model: clone, layers };
}

interface Context extends Required<CloneOptions> {
  readonly layers: Map<Layer, Layer>;
}

function cloneContainer(model: tf.LayersModel, context: Context): tf.LayersModel {
  return model instanceof tf.Sequential ? cloneSequential(model, context) : cloneFunctional(model, context);
}

function cloneSequential(model: tf.Sequential, context: Context): tf.LayersModel {
  const kept = model.layers.filter((layer) => !context.omit(layer));
  const pairs = kept.map((layer) => [context.before(layer), copyOf(layer, context)] as const);
  const chain = pairs.flatMap(([inserted, copy]) => (inserted ? [inserted, copy] : [copy]));
  const [first] = chain as [Layer];
  if (!isModel(first)) first.batchInputShape = model.inputs[0]!.shape; // the first layer makes the input
  if (!isModel(first)) (first as { dtype: tf.DataType }).dtype = model.inputs[0]!.dtype;
  return tf.sequential({ name: model.name, layers: chain });
}

function cloneFunctional(model: tf.LayersModel, context: Context): tf.LayersModel {
  const tensors = new Map<tf.SymbolicTensor, tf.SymbolicTensor>();
  for (const input of model.inputs) tensors.set(input, cloneInput(input));
  const inserted = insertions();
  for (const { outboundLayer: layer, inputTensors, outputTensors, callArgs } of applicationsOf(model)) {
    if (layer.getClassName() === 'InputLayer') continue;
    const before = context.before(layer);
    const sources = inputTensors.map((tensor) => tensors.get(tensor)!);
    if (context.omit(layer)) {
      tensors.set(outputTensors[0]!, sources[0]!);
      continue;
    }
    const inputs = before ? sources.map((tensor) => inserted(before, tensor)) : sources;
    const outputs = [apply(copyOf(layer, context), inputs, callArgs)].flat();
    outputTensors.forEach((tensor, i) => tensors.set(tensor, outputs[i]!));
  }
  const [inputs, outputs] = [model.inputs, model.outputs].map((ends) => ends.map((end) => tensors.get(end)!));
  return tf.model({ name: model.name, inputs: inputs!, outputs: outputs! });
}

/** In the order of computation. */
function applicationsOf(model: tf.LayersModel): Application[] {
  const { nodesByDepth } = model as unknown as { readonly nodesByDepth: Record<string, Application[]> };
  const depths = Object.keys(nodesByDepth).sort((a, b) => Number(b) - Number(a));
  return depths.flatMap((depth) => nodesByDepth[depth]!);
}

function cloneInput({ shape, dtype, sourceLayer: { name } }: tf.SymbolicTensor): tf.SymbolicTensor {
  return tf.input({ batchShape: shape, dtype, name });
}

/** Applies a layer that was not there, once to each tensor. */
function insertions(): (layer: Layer, tensor: tf.SymbolicTensor) => tf.SymbolicTensor {
  const known = new Map<Layer, Map<tf.SymbolicTensor, tf.SymbolicTensor>>();
  return (layer, tensor) => {
    const made = known.get(layer) ?? new Map<tf.SymbolicTensor, tf.SymbolicTensor>();
    known.set(layer, made);
    const output = made.get(tensor) ?? (apply(layer, [tensor], {}) as tf.SymbolicTensor);
    made.set(tensor, output);
    return output;
  };
}

/** A state that a recurrent layer starts from is among its inputs already. */
const isGraph = (argument: unknown): boolean =>
  [argument].flat().some((item) => item instanceof tf.SymbolicTensor);

function apply(
  layer: Layer,
  inputs: readonly tf.SymbolicTensor[],
  callArgs: object | undefined,
): tf.SymbolicTensor | tf.SymbolicTensor[] {
  const kwargs = Object.fromEntries(
    Object.entries(callArgs ?? {}).filter(([, argument]) => !isGraph(argument)),
  ) as Parameters<Layer['apply']>[1];
  return layer.apply(inputs.length === 1 ? inputs[0]! : [...inputs], kwargs) as tf.SymbolicTensor;
}

function copyOf(layer: Layer, context: Context): Layer {
  const known = context.layers.get(layer);
  if (known) return known;
  const copy = isModel(layer) ? cloneContainer(layer, context) : cloneLayer(layer, context);
  context.layers.set(layer, copy);
  return copy;
}

function cloneLayer(layer: Layer, context: Context): Layer {
  const copy =
    layer.getClassName() === 'TimeDistributed'
      ? tf.layers.timeDistributed({ ...layer.getConfig(), layer: copyOf(innerOf(layer), context) })
      : fromConfig(layer, context.settings(layer));
  copy.setFastWeightInitDuringBuild(true); // zeros: faster than random numbers that are overwritten
  return copy;
}

const innerOf = (wrapper: Layer): Layer => (wrapper as Layer & { readonly layer: Layer }).layer;

function configOf(layer: Layer): tf.serialization.ConfigDict {
  // tfjs writes into the config that it reads, parts of which may be the original's: give it a copy.
  return JSON.parse(
    JSON.stringify({ ...layer.getConfig(), ...forgottenSettings(layer) }),
  ) as tf.serialization.ConfigDict;
}

function fromConfig(layer: Layer, settings: Readonly<Record<string, boolean | number>>): Layer {
  const layerClass = layer.constructor as unknown as LayerClass;
  try {
    return layerClass.fromConfig(layerClass, { ...configOf(layer), ...settings });
  } catch (error) {
    throw unmakeable(layer, `making it again failed: ${(error as Error).message}`);
  }
}
