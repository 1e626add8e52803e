import * as tf from '@tensorflow/tfjs';
import { dims } from '../../core/dims';
import type { DeclaresFacts } from '../../core/facts';
import { CARRIER } from '../../core/scaling-facts';
import { several } from './inputs';

class PickPlaces extends tf.layers.Layer implements DeclaresFacts {
  static readonly className = 'WhittlePickPlaces';
  readonly facts = { passes: 'values', scaling: CARRIER } as const;

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    const [x, places] = inputShape as [tf.Shape, tf.Shape];
    return [x[0]!, places[1]!, x[2]!];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const [x, places] = several(inputs, 2) as [tf.Tensor, tf.Tensor];
    const [, time] = dims(x, 3);
    // A product with zeros and ones, whose gradient is a product too: a gather's would have to add up rows.
    return tf.tidy(() => tf.matMul(tf.oneHot(places.toInt(), time).toFloat(), x));
  }
}
tf.serialization.registerClass(PickPlaces);

/** The vectors at some places of each example: [batch, time, width] and int32 [batch, slots] → [batch, slots, width]. */
export function pickPlaces(options: { readonly name?: string } = {}): tf.layers.Layer {
  return new PickPlaces(options);
}
