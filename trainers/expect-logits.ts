import type * as tf from '@tensorflow/tfjs';
import { UserError } from '../lib/core/errors';
import { feedsOf } from '../lib/core/feeds';
import type { Loss } from './losses';

/** @throws UserError where a loss of logits would get probabilities, and softmax or sigmoid would be applied twice. */
export function expectLogits(model: tf.LayersModel, { takesLogits }: Loss): void {
  if (!takesLogits) return;
  const feeds = feedsOf(model);
  const last = feeds.layers.find((layer) => squashes(layer) && feeds.reachesOutput(layer));
  if (!last) return;
  throw new UserError(
    `Expected a model that ends in logits for this loss, which applies softmax or sigmoid itself, got "${model.name}" with ` +
      `${squashes(last)} at its end ("${last.name}"); leave the activation out, or train by \`fit\` with one of tfjs's cross-entropies.`,
  );
}

/** The function that makes probabilities, where a layer ends with one. */
function squashes(layer: tf.layers.Layer): string | undefined {
  const { layer: inner = layer } = layer as { readonly layer?: tf.layers.Layer }; // of a wrapper
  const name = inner.getClassName() === 'Softmax' ? 'softmax' : inner.getConfig()['activation'];
  return name === 'softmax' || name === 'sigmoid' ? name : undefined;
}
