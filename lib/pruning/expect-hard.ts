import type * as tf from '@tensorflow/tfjs';
import { UserError } from '../core/errors';
import { masksOf } from './model-masks';

/**
 * For those who save a model: what a latent mask prunes is in the weights, and would be in the file.
 *
 * @throws UserError if the model has a latent mask.
 */
export function expectHard(model: tf.LayersModel): void {
  const [latent] = masksOf(model).latent ?? [];
  if (latent === undefined) return;
  throw new UserError(
    `Expected a model whose masks are hard, to save it with its zeros, got a latent mask of "${latent}"; call hardenMasks(model), or ` +
      'convert it.',
  );
}
