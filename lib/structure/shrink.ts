import type * as tf from '@tensorflow/tfjs';
import { assign } from '../core/assign';
import { hostOf, hostTensor, HostTensor } from '../core/host-tensor';
import { Weight, weightsOf } from '../core/weights';
import { blankBert } from '../models/bert';
import type { ResolvedBertConfig } from '../models/bert-config';
import { bertConfigOf } from '../models/bert-config-of';
import { maskSet } from '../pruning/mask';
import { masksOf, setMasks } from '../pruning/model-masks';
import { Cut, resolveCut, ResolvedCut } from './cut';
import { cutTensors } from './cut-tensors';
import { deadUnits } from './dead-units';
import { expectBare } from './expect-bare';
import { renamed } from './layer-names';

/**
 * **Cuts heads, neurons and whole layers out of a BERT**: a smaller, plain model, which is trained, saved, loaded and exported like any
 * other. Without heads and neurons it computes what the model computes with their weights masked (`maskUnits`), but for rounding; without
 * layers, what a model built without them computes. Layers may lose all heads or all neurons: the bias of their output projection stays.
 * Masks come along, cut too, but for those that prune nothing of what is left; the model is left as it is.
 *
 * @param cut what goes; by default what gives nothing to the output anyway (`deadUnits`), so that the function stays the same.
 * @returns a new model, the caller's.
 * @throws UserError for a model that was not built by `bert`, one with something attached to it but masks, and a cut that does not fit it.
 *
 * @example const smaller = shrink(model, { heads: [[0, 3], []], neurons: [[], [1, 2]] });
 */
export function shrink(model: tf.LayersModel, cut: Cut = deadUnits(model)): tf.LayersModel {
  expectBare(model);
  const config = bertConfigOf(model);
  const resolved = resolveCut(cut, config);
  const weights = new Map(weightsOf(model).map(({ path, variable }) => [path, hostOf(variable)]));
  const values = cutTensors(weights, config, resolved);
  const masks = masksOf(model);
  const latent = [...(masks.latent ?? [])].flatMap((path) => renamed(path, resolved) ?? []);
  const cutMasks = cutTensors(masked(masks, weights), config, resolved);
  const smaller = blankBert(smallerConfig(config, resolved));
  for (const { path, variable } of weightsOf(smaller)) assign(variable, values.get(path)!.data.slice());
  copyTrainableBy(model, smaller, resolved);
  const entries = [...cutMasks].map(([path, { data }]) => [path, data as Uint8Array] as const);
  const left = new Map(entries.filter(([, mask]) => mask.includes(0)));
  setMasks(
    smaller,
    maskSet(
      left,
      latent.filter((path) => left.has(path)),
    ),
  );
  return smaller;
}

/** Masks with the shapes of their weights. */
function masked(
  masks: ReadonlyMap<string, Uint8Array>,
  weights: ReadonlyMap<string, HostTensor>,
): Map<string, HostTensor> {
  return new Map([...masks].map(([path, mask]) => [path, hostTensor(mask, weights.get(path)!.shape)]));
}

/** The configuration of what a cut leaves. */
export function smallerConfig(config: ResolvedBertConfig, cut: ResolvedCut): ResolvedBertConfig {
  const left = (sizes: readonly number[], gone: ResolvedCut['heads']) =>
    sizes.map((size, i) => size - gone[i]!.length).filter((_, i) => !cut.layers.includes(i));
  return {
    ...config,
    layers: config.layers - cut.layers.length,
    heads: left(config.heads, cut.heads),
    intermediateSize: left(config.intermediateSize, cut.neurons),
  };
}

/** Makes layers, then single weights, as trainable as those that they come from. */
function copyTrainableBy(model: tf.LayersModel, smaller: tf.LayersModel, cut: ResolvedCut): void {
  const layers = new Map(smaller.layers.map((layer) => [layer.name, layer]));
  for (const { name, trainable } of model.layers) {
    const counterpart = layers.get(renamed(name, cut) ?? '');
    if (counterpart) counterpart.trainable = trainable;
  }
  const weights = new Map(weightsOf(smaller).map((weight) => [weight.path, weight]));
  for (const { path, variable } of weightsOf(model))
    setTrainable(weights.get(renamed(path, cut) ?? ''), variable);
}

function setTrainable(weight: Weight | undefined, { trainable }: tf.Variable): void {
  if (weight) (weight.variable as { trainable: boolean }).trainable = trainable;
}
