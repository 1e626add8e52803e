import type * as tf from '@tensorflow/tfjs';
import { factsOf } from './facts-of';
import type { ScalingFacts } from './scaling-facts';
import { STOCK_SCALING } from './stock-scaling';

/** How a layer takes factors on channels: what it declares, or else what is known of its class of tfjs; nothing of any other. */
export function scalingOf(layer: tf.layers.Layer): ScalingFacts {
  return factsOf(layer)?.scaling ?? STOCK_SCALING[layer.getClassName()]?.(layer) ?? {};
}
