import type * as tf from '@tensorflow/tfjs';
import { attach, Attachment, Transform } from '../core/attach';
import { UserError } from '../core/errors';
import { factsOf, weightFacts } from '../core/facts-of';
import { Feeds, feedsOf } from '../core/feeds';
import { layerPathsOf } from '../core/layer-paths';
import { layersOf } from '../core/layers';
import { Weight, weightsOf } from '../core/weights';
import { movingAverage } from '../quantization/observer';
import { ActivationQuantizer, activationQuantizer } from '../quantization/transforms/activation-quantizer';
import {
  lookupQuantizer,
  WeightQuantizer,
  weightQuantizer,
} from '../quantization/transforms/weight-quantizer';
import { groupByInput } from './share';

/** Which parts of a model are quantized; the default scheme, everything in 8 bits, is `{}`. */
export interface QuantizationOptions {
  /** Kernels of dense layers: int8, symmetric, one scale per output channel. Default true. */
  readonly weights?: boolean;
  /** Inputs of dense layers: uint8, affine, one scale, moving average. Default true. */
  readonly activations?: boolean;
  /** Embedding tables: int8, symmetric, one scale per row. Default true. */
  readonly embeddings?: boolean;
  /** Compute with integers where the engine can; otherwise the same numbers are simulated in floats. Default true. */
  readonly integer?: boolean;
  /** Weight of a new batch in the range of an activation, in (0, 1]. Default 0.01. */
  readonly averagingConstant?: number;
}

export interface PrepareOptions {
  /** How to quantize. Default: not at all; `{}` is the default scheme. */
  readonly quantization?: QuantizationOptions;
  /** Names of layers that stay as they are. Default none. */
  readonly exclude?: readonly string[];
}

/** A model with its quantizers attached: it trains and predicts as it will once it is converted. */
export interface Prepared {
  /** The very model that was prepared. */
  readonly model: tf.LayersModel;
  readonly attachments: readonly Attachment[];
  /** Quantizers of weights, by the weight's path. */
  readonly weights: ReadonlyMap<string, WeightQuantizer>;
  /** Quantizers of inputs, by the layer's path, which is its name unless nested models repeat it; layers that consume the same tensor share one. */
  readonly observers: ReadonlyMap<string, ActivationQuantizer>;
  /** Ranges of activations stay as they are from now on. */
  freezeObservers(): void;
  /** All quantizers on or off. Off means identity, but observers go on observing: a delayed start. */
  setEnabled(enabled: boolean): void;
  /** Integer arithmetic, where the engine can, or its simulation in floats. */
  setIntegerPath(integer: boolean): void;
  /** Takes everything out again, exactly, and frees the ranges. Twice is once. */
  detach(): void;
}

const prepared = new WeakSet<tf.LayersModel>();

/**
 * Attaches quantizers to a model, in place, for quantization-aware training: to the kernel and the input of every dense layer,
 * and to every embedding. `convert` bakes them in, `detach` takes them out.
 *
 * @throws UserError if the model is prepared already, or has no layer of an excluded name.
 *
 * @example
 * const prepared = prepare(model, { quantization: {} });
 * // train as ever, then
 * prepared.freezeObservers();
 * const { model: small } = convert(prepared);
 */
export function prepare(
  model: tf.LayersModel,
  { quantization, exclude = [] }: PrepareOptions = {},
): Prepared {
  if (prepared.has(model)) {
    throw new UserError(
      `Expected a model that is not prepared yet, got "${model.name}" twice; detach it first.`,
    );
  }
  const layers = layersOf(model);
  const unknown = exclude.find((name) => layers.every((layer) => layer.name !== name));
  if (unknown !== undefined) {
    throw new UserError(
      `Expected layers of "${model.name}" to exclude, got "${unknown}"; they are ${layers.map(({ name }) => name).join(', ')}.`,
    );
  }
  const included = new Set(layers.filter(({ name }) => !exclude.includes(name)));
  const attachments: Attachment[] = [];
  const add = <T extends Transform>(layer: tf.layers.Layer, target: string, transform: T): T => {
    attachments.push(attach(layer, target, transform));
    return transform;
  };
  const weights = weightsOf(model).filter(({ layer }) => included.has(layer));
  const feeds = feedsOf(model);
  const quantizers = quantization ? attachToWeights(weights, feeds, quantization, add) : new Map();
  const observers = quantization ? attachToInputs(model, weights, feeds, quantization, add) : new Map();
  prepared.add(model);
  return control(model, attachments, quantizers, observers);
}

type Add = <T extends Transform>(layer: tf.layers.Layer, target: string, transform: T) => T;

function attachToWeights(
  included: readonly Weight[],
  feeds: Feeds,
  { weights = true, embeddings = true, integer }: QuantizationOptions,
  add: Add,
): Map<string, WeightQuantizer> {
  const quantizers = new Map<string, WeightQuantizer>();
  for (const weight of included) {
    const { layer, name, path } = weight;
    if (weights && isMatrix(weight, feeds)) {
      quantizers.set(path, add(layer, name, weightQuantizer({ axis: columnAxis(weight), integer })));
    } else if (embeddings && isTable(weight)) {
      // Layers that do more than look up (add a position's row to a token's) are quantized at the table itself.
      const quantizer = factsOf(layer)?.isLookup
        ? add(layer, 'output', lookupQuantizer({ integer }))
        : add(layer, name, weightQuantizer({ axis: 0, integer }));
      quantizers.set(path, quantizer);
    }
  }
  return quantizers;
}

function attachToInputs(
  model: tf.LayersModel,
  included: readonly Weight[],
  feeds: Feeds,
  { activations = true, integer, averagingConstant }: QuantizationOptions,
  add: Add,
): Map<string, ActivationQuantizer> {
  const quantizers = new Map<string, ActivationQuantizer>();
  const matrices = included.filter((weight) => activations && isMatrix(weight, feeds));
  const layers = new Set(matrices.map(({ layer }) => layer));
  const paths = layerPathsOf(model, layers);
  for (const group of groupByInput([...layers], feeds)) {
    const observer = movingAverage({ averagingConstant });
    const quantizer = activationQuantizer({ name: paths.get(group[0]!)!, observer, integer });
    for (const layer of group) quantizers.set(paths.get(layer)!, add(layer, 'input', quantizer));
  }
  return quantizers;
}

/** The kernel of a dense layer that stands in the model's graph itself, rather than inside a wrapper, and has one input. */
function isMatrix(weight: Weight, feeds: Feeds): boolean {
  const { layer, rank } = weight;
  if (weightFacts(weight).role !== 'kernel' || rank !== 2 || !feeds.layers.includes(layer)) return false;
  return layer.inboundNodes.every(({ inputTensors }) => inputTensors.length === 1);
}

/** Of the output's channels. */
function columnAxis(weight: Weight): 0 | 1 {
  const facts = weightFacts(weight);
  return 'channels' in facts && facts.channels[0] === 0 ? 0 : 1;
}

const isTable = (weight: Weight): boolean => weightFacts(weight).role === 'table' && weight.rank === 2;

function control(
  model: tf.LayersModel,
  attachments: readonly Attachment[],
  weights: Prepared['weights'],
  observers: Prepared['observers'],
): Prepared {
  const quantizers = [...weights.values(), ...observers.values()];
  let attached = true;
  return {
    model,
    attachments,
    weights,
    observers,
    freezeObservers: () => observers.forEach((quantizer) => (quantizer.observing = false)),
    setEnabled: (enabled) => quantizers.forEach((quantizer) => (quantizer.enabled = enabled)),
    setIntegerPath: (integer) => quantizers.forEach((quantizer) => (quantizer.integer = integer)),
    detach() {
      if (!attached) return;
      attached = false;
      attachments.forEach((attachment) => attachment.detach());
      new Set(quantizers).forEach((quantizer) => quantizer.dispose());
      prepared.delete(model);
    },
  };
}
