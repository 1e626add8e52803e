import * as tf from '@tensorflow/tfjs';
import { joinInto } from '../analysis/statistics';
import { bertConfigOf } from '../models/bert-config-of';
import { captured, Place } from './captured';
import type { UnlabelledBatches } from './importance';
import { passesOf } from './scores/passes';

/** A neuron of a layer's feed-forward network. */
export interface Neuron {
  /** Of the layer, from 0. */
  readonly layer: number;
  /** Among the layer's neurons, from 0. */
  readonly unit: number;
}

/** What share of a sum's length a neuron writes that is called dominant. */
const DOMINANT = 0.5;

/**
 * **Neurons that write most of what a norm divides by**: of some token more than half of the block's sum s before it, in length,
 *
 * `|a_u| ‖w_u‖ > ½ ‖s - mean(s)‖`,
 *
 * with a the activations and w_u the neuron's row of the output projection. Trained transformers have a few, which make the "massive
 * activations" of Sun et al., 2024 (arXiv:2402.17762; of BERTs Kovaleva et al., 2021, arXiv:2105.06990): MiniLM's neuron 856 of its first layer
 * writes 87 % of every `[CLS]`. What scales all of a norm's input changes nothing, so that the gradient by such a neuron's gate is next to
 * nothing, whatever the answers lose without it.
 *
 * @throws UserError for a model that was not built by `bert`.
 */
export async function dominantNeurons(model: tf.LayersModel, batches: UnlabelledBatches): Promise<Neuron[]> {
  const { intermediateSize } = bertConfigOf(model);
  const layers = [...intermediateSize.keys()].filter((layer) => intermediateSize[layer]! > 0);
  if (layers.length === 0) return [];
  const most = layers.map((layer) => new Float64Array(intermediateSize[layer]!));
  const passes = passesOf(model, (...xs) => largestShares(model, layers, xs));
  try {
    for (const xs of batches) {
      (await passes(xs)).forEach(({ data }, i) => joinInto('max', most[i]!, data));
    }
  } finally {
    await passes.dispose();
  }
  return layers.flatMap((layer, i) =>
    [...most[i]!.keys()].filter((unit) => most[i]![unit]! > DOMINANT).map((unit) => ({ layer, unit })),
  );
}

/** Of each layer what each neuron writes at most of a token's sum, [neurons]. */
function largestShares(
  model: tf.LayersModel,
  layers: readonly number[],
  xs: readonly tf.Tensor[],
): tf.Tensor[] {
  const places = layers.flatMap((layer): Place[] => [
    [model.getLayer(`encoder/${layer}/ffn/gelu`), 'output'],
    [model.getLayer(`encoder/${layer}/ffn/down`), 'kernel'],
    [model.getLayer(`encoder/${layer}/ffn/add`), 'output'],
  ]);
  const found = captured(model, xs, places);
  return layers.map((_, i) => {
    const [activations, kernel, sum] = found.slice(3 * i, 3 * i + 3) as [tf.Tensor, tf.Tensor, tf.Tensor];
    const length = sum.sub(sum.mean(-1, true)).norm('euclidean', -1, true).maximum(Number.MIN_VALUE);
    const [batch, time] = sum.shape as [number, number];
    const isRead = xs[1]!.slice([0, 0], [batch, time]).toFloat().expandDims(-1);
    const share = activations.abs().mul(kernel.norm('euclidean', 1)).div(length);
    return share.mul(isRead).max([0, 1]);
  });
}
