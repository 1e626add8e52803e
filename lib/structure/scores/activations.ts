import type * as tf from '@tensorflow/tfjs';
import { gather } from '../../analysis/gather';
import type { RowSelector } from '../../analysis/record';
import { count, Statistic } from '../../analysis/statistics';
import { bertConfigOf } from '../../models/bert-config-of';
import type { Importance, UnlabelledBatches } from '../importance';

/**
 * **Neurons by their mean magnitude**, `E |a|` of what the activation function gives, over real tokens (Molchanov et al., 2017, arXiv:1611.06440,
 * one of the criteria that they compare).
 *
 * @throws UserError for a model that was not built by `bert`, and without data.
 */
export async function activations(model: tf.LayersModel, batches: UnlabelledBatches): Promise<Importance> {
  const { intermediateSize } = bertConfigOf(model);
  const having = intermediateSize.flatMap((size, i) => (size > 0 ? [i] : []));
  const requests = having.flatMap((i) =>
    [magnitudes, count].map((statistic) => ({
      layer: model.getLayer(`encoder/${i}/ffn/gelu`),
      of: 'output',
      statistic,
    })),
  );
  const found = await gather(model, batches, requests, { rows: realTokens });
  const neurons = intermediateSize.map((size, layer): number[] => {
    if (size === 0) return [];
    const at = 2 * having.indexOf(layer);
    const [rows] = found[at + 1]!.data;
    return Array.from(found[at]!.data, (total) => total / rows!);
  });
  return { heads: neurons.map(() => []), neurons };
}

/** `Σ |x|`, [width]. */
const magnitudes: Statistic = { of: (x, counts) => x.abs().mul(counts).sum(0), join: 'sum' };

const realTokens: RowSelector = ([, attentionMask]) => attentionMask;
