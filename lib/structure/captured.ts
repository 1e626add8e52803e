import * as tf from '@tensorflow/tfjs';
import { attach, Attachment } from '../core/attach';
import { forwardThrough } from '../forward/forward';

/** A tensor of a pass: what a layer reads or gives, or what it computes with, by the name of the weight. */
export type Place = readonly [layer: tf.layers.Layer, of: string];

/** What there is at some places in a pass of inference, in their order; within a scope, whose tensors they are. */
export function captured(
  model: tf.LayersModel,
  xs: readonly tf.Tensor[],
  places: readonly Place[],
): tf.Tensor[] {
  const found: tf.Tensor[] = [];
  const attachments = places.map(([layer, of], i): Attachment =>
    attach(layer, of, {
      ...{ revision: 'captured', elementwise: true, state: () => ({}), dispose: () => undefined },
      apply: (x) => ((found[i] = tf.keep(x.clone())), x),
    }),
  );
  try {
    forwardThrough(model, xs, { pass: 'inference' }).forEach((output) => output.dispose());
    return found.map((each) => scopedAgain(each));
  } finally {
    attachments.forEach((attachment) => attachment.detach());
  }
}

/** A tensor that was kept beyond its scope, as one of the present scope. */
function scopedAgain(kept: tf.Tensor): tf.Tensor {
  const copy = kept.clone();
  kept.dispose();
  return copy;
}
