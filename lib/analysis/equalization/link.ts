import type * as tf from '@tensorflow/tfjs';
import type { Slot } from './slot';

/**
 * Channels between weights that may be scaled without changing what the model computes: what makes them is divided by s, what takes
 * them is multiplied by s.
 */
export interface Link {
  /** The layer that makes them, and its path. */
  readonly from: tf.layers.Layer;
  readonly fromPath: string;
  /** The layers that take them, with their paths. For `products` inside one layer that layer, for queries that of the keys. */
  readonly to: readonly tf.layers.Layer[];
  readonly toPaths: readonly string[];
  /** The layers in between, which carry factors. */
  readonly through: readonly tf.layers.Layer[];
  readonly channels: number;
  readonly divided: readonly Slot[];
  readonly multiplied: readonly Slot[];
  /** How the channels are met: read by products of other layers, inside one layer, or multiplied with those of another layer. */
  readonly kind: 'read' | 'inner' | 'multiplied';
}
