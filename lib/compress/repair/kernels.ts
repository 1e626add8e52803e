import type * as tf from '@tensorflow/tfjs';
import { UserError } from '../../core/errors';
import { factsOf, weightFacts } from '../../core/facts-of';
import { feedsOf } from '../../core/feeds';
import { hostOf } from '../../core/host-tensor';
import { layersOf } from '../../core/layers';
import { Weight, weightsOf } from '../../core/weights';
import type { WeightValues } from '../../quantization/encoded-weight';
import { quantizes } from '../../quantization/transforms/quantizer';
import type { WeightQuantizer } from '../../quantization/transforms/weight-quantizer';
import type { Prepared, Skipped } from '../prepared';
import { groupByInput } from '../share';

/** A quantized weight of a prepared model. */
export interface QuantizedWeight {
  readonly weight: Weight;
  readonly quantizer: WeightQuantizer;
}

/** What can be repaired, and what cannot. */
export interface Chosen {
  readonly chosen: readonly QuantizedWeight[];
  readonly skipped: readonly Skipped[];
}

/**
 * The quantized weights of a prepared model to which nothing speaks against.
 *
 * @param against why a weight cannot be repaired; undefined if it can.
 * @throws UserError where none is left, and for a model that was detached.
 */
export function chooseWeights(
  prepared: Prepared,
  against: (weight: Weight, quantizer: WeightQuantizer) => string | undefined,
): Chosen {
  if (prepared.attachments.length === 0) {
    throw new UserError(
      `Expected a prepared model to repair, but "${prepared.model.name}" was detached; prepare it again.`,
    );
  }
  const chosen: QuantizedWeight[] = [];
  const skipped: Skipped[] = [];
  for (const weight of weightsOf(prepared.model)) {
    const quantizer = prepared.weights.get(weight.path);
    if (!quantizer) continue;
    const why = quantizes(quantizer.mode)
      ? against(weight, quantizer)
      : `its quantizer is in mode "${quantizer.mode}"`;
    if (why === undefined) chosen.push({ weight, quantizer });
    else skipped.push({ path: weight.path, why });
  }
  if (chosen.length > 0) return { chosen, skipped };
  const reasons = skipped.map(({ path, why }) => `${path}: ${why}`).join('; ');
  throw new UserError(
    `Expected something to repair in "${prepared.model.name}", found nothing (${reasons || 'no weight of it is quantized'}).`,
  );
}

/** Why a weight is not a matrix that a layer's input is multiplied with, [inputs, units]. */
export function notDense(weight: Weight): string | undefined {
  const { role } = weightFacts(weight);
  if (role === 'table') return 'it is a table, whose rows are looked up';
  if (role === 'recurrent' || isCell(weight.layer)) return 'it is a recurrent layer’s';
  return role === 'kernel' && weight.rank === 2 ? undefined : 'it is a convolution’s';
}

function isCell(layer: tf.layers.Layer): boolean {
  return Object.values(factsOf(layer)?.weights ?? {}).some(({ role }) => role === 'recurrent');
}

/**
 * Weights in the order of computation, those of layers that read a common tensor (query, key, value) together: what one stage is given
 * depends on the stages before it only.
 */
export function stagesOf(model: tf.LayersModel, weights: readonly QuantizedWeight[]): QuantizedWeight[][] {
  const feeds = feedsOf(model);
  const place = new Map(layersOf(model).map((layer, i) => [layer, i]));
  const layers = weights.map(({ weight }) => weight.layer);
  const inGraph = layers.filter((layer) => feeds.layers.includes(layer));
  const held = layers.filter((layer) => !feeds.layers.includes(layer));
  const groups = [...groupByInput(inGraph, feeds), ...held.map((layer) => [layer])];
  const first = (group: readonly tf.layers.Layer[]) => Math.min(...group.map((layer) => place.get(layer)!));
  return groups
    .sort((a, b) => first(a) - first(b))
    .map((group) => weights.filter(({ weight }) => group.includes(weight.layer)));
}

/** The values of a weight, which are not to be written. */
export function valuesOf({ variable }: Weight): WeightValues {
  return { shape: variable.shape, data: hostOf(variable).data as Float32Array };
}
