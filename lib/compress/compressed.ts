import type * as tf from '@tensorflow/tfjs';
import type { EncodedWeight } from '../quantization/encode';
import type { Skipped } from './prepared';

/** What a model becomes: one thing that exporters, reports and engines take, with the same numbers in each. */
export interface Compressed {
  /** A plain model of its own weights, with quantize layers where activations are quantized; it holds what the codes stand for. */
  readonly model: tf.LayersModel;
  /** The weights that are stored as codes, by path. */
  readonly weights: ReadonlyMap<string, EncodedWeight>;
  /** What stayed in floats, and why. */
  readonly skipped: readonly Skipped[];
}

/** A model, or a compressed one: a model alone has no codes. */
export function compressedOf(subject: tf.LayersModel | Compressed): Compressed {
  return 'layers' in subject ? { model: subject, weights: new Map(), skipped: [] } : subject;
}
