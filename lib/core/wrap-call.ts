import type * as tf from '@tensorflow/tfjs';
import { restore } from './shadow';

export type Call = tf.layers.Layer['call'];

/** Puts something around a layer's `call`, and returns how to take it away again. */
export function wrapCall(layer: tf.layers.Layer, wrap: (call: Call) => Call): () => void {
  const own = Object.getOwnPropertyDescriptor(layer, 'call');
  layer.call = wrap(layer.call.bind(layer));
  return () => restore(layer, 'call', own);
}
