import type * as tf from '@tensorflow/tfjs';
import { forwardThrough } from '../../forward/forward';
import { bertConfigOf } from '../../models/bert-config-of';
import { summedOver } from '../scores/passes';
import type { UnlabelledBatches } from '../importance';

/**
 * **How much each layer changes what goes through it**: `1 − E cos(x, y)` over real tokens, x being a token's vector before the layer and y after
 * it ("block influence", Men et al., 2024, arXiv:2403.03853). A layer that changes little is the first to go. Needs no labels.
 *
 * @returns a number from 0 to 2 of each layer.
 * @throws UserError for a model that was not built by `bert`, and without data.
 */
export async function layerChanges(model: tf.LayersModel, batches: UnlabelledBatches): Promise<number[]> {
  const { layers, embeddingSize, hiddenSize } = bertConfigOf(model);
  const first = embeddingSize === hiddenSize ? 'embeddings/dropout' : 'embeddings/project';
  const names = [first, ...Array.from({ length: layers }, (_, i) => `encoder/${i}/ffn/norm`)];
  const totals = await summedOver(model, batches, (xs) => {
    const [, ...states] = forwardThrough(model, xs, { pass: 'inference', layers: names, whole: true });
    const mask = xs[1]!.toFloat();
    const changes = states
      .slice(1)
      .map((after, i) => cosines(states[i]!, after).neg().add(1).mul(mask).sum());
    return [mask.sum(), ...changes];
  });
  const [tokens, ...changes] = totals.map(([total]) => total!);
  return changes.map((change) => change / tokens!);
}

/** Of the vectors along the last axis, [batch, time, width] → [batch, time]. */
function cosines(x: tf.Tensor, y: tf.Tensor): tf.Tensor {
  const squares = x.square().sum(-1).mul(y.square().sum(-1));
  return x.mul(y).sum(-1).div(squares.sqrt());
}
