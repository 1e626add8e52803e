import type * as tf from '@tensorflow/tfjs';
import { attachmentsOf } from '../core/attach';
import { UserError } from '../core/errors';
import { LatentMask } from '../pruning/latent-mask';

/**
 * Checks that nothing is attached to a model that is to be cut: what is, has the sizes of the weights as they are. Masks are known, and cut.
 *
 * @throws UserError naming what is attached.
 */
export function expectBare(model: tf.LayersModel): void {
  const attached = attachmentsOf(model).find(({ transform }) => !(transform instanceof LatentMask));
  if (!attached) return;
  throw new UserError(
    `Expected a model with nothing attached to shrink, got something at "${attached.target}" of layer "${attached.layer.name}"; ` +
      'convert or detach it first.',
  );
}
