import type * as tf from '@tensorflow/tfjs';
import { Attachment, attachmentsOf } from '../core/attach';
import { UserError } from '../core/errors';
import { weightsOf } from '../core/weights';
import { isEncoder } from '../quantization/transforms/weight-quantizer';
import { cloneModel } from './clone';

/**
 * Whether a model can be converted: known before a training rather than after it.
 *
 * @param own attachments of its own quantizers, which `convert` knows.
 * @throws UserError for a layer that its config does not make again, and for a transform of somebody else's that cannot be baked in.
 */
export function expectConvertible(model: tf.LayersModel, own: readonly Attachment[] = []): void {
  const foreign = attachmentsOf(model).filter((attachment) => !own.includes(attachment));
  foreign.forEach(expectBakeable);
  const { model: copy } = cloneModel(model);
  weightsOf(copy).forEach(({ variable }) => variable.dispose()); // those of nested models, too
}

/** @throws UserError for a transform that would be lost with its attachment. */
export function expectBakeable({ layer, target, transform }: Attachment): void {
  const isWeight = target !== 'input' && target !== 'output';
  if (isWeight && (transform.bake || isEncoder(transform))) return;
  throw new UserError(
    `Expected transforms of weights with a bake() or encode() in a model that is to be converted, but what is attached to "${target}" of ` +
      `layer "${layer.name}" ${isWeight ? 'has neither' : 'is no weight’s'} and would be lost; detach it first.`,
  );
}
