import type * as tf from '@tensorflow/tfjs';
import type { Attachment, Transform } from '../core/attach';
import type { InputQuantizer, QuantizerMode } from '../quantization/transforms/quantizer';
import type { WeightQuantizer } from '../quantization/transforms/weight-quantizer';

/** What stays in floats, and why. */
export interface Skipped {
  /** Of a weight, or of the input of a layer: `encoder/0/ffn/up/input`. */
  readonly path: string;
  /** For people, the end of a sentence: `it is a bias`. */
  readonly why: string;
}

/** A model with its quantizers attached: it trains and predicts as it will once it is converted. */
export interface Prepared {
  /** The very model that was prepared. */
  readonly model: tf.LayersModel;
  /** Of its quantizers, and of what `add` attached; empty once it is detached. */
  readonly attachments: readonly Attachment[];
  /** Quantizers of weights, by the weight's path. */
  readonly weights: ReadonlyMap<string, WeightQuantizer>;
  /** Quantizers of inputs, by the layer's path; layers that consume the same tensor share one. A dynamic one has no observer. */
  readonly inputs: ReadonlyMap<string, InputQuantizer>;
  /** Everything else that could take codes: nothing is left out in silence. */
  readonly skipped: readonly Skipped[];
  /** Sets the mode of all quantizers: `quantize` freezes the observed ranges, `observe` is a delayed start, `off` is the plain model. */
  setMode(mode: QuantizerMode): void;
  /** Integer arithmetic, where the engine can, or its simulation in floats. */
  setIntegerPath(integer: boolean): void;
  /**
   * Attaches something more to the model, which goes with the quantizers: `detach` takes it out and disposes it. A weight's transform
   * needs a `bake`, so that the model can be converted.
   */
  add(layer: tf.layers.Layer, target: string, transform: Transform): void;
  /** Takes everything out again, exactly, and frees the ranges. Twice is once. */
  detach(): void;
}
