import type { HostTensor } from '../../core/host-tensor';
import type * as tf from '@tensorflow/tfjs';
import type { Weight } from '../../core/weights';

/** How much is lost where a model computes with less: a number that adds up over layers, 0 for floats. */
export interface Measure {
  /** What it is, as tables tell it: `output noise`. */
  readonly name: string;
  /** Looks at the model in floats, before anything is changed. */
  open(subject: Subject): Promise<OpenMeasure>;
}

export interface OpenMeasure {
  /** What is lost now that the subject computes with these changes. */
  lossOf(changes: readonly Change[]): Promise<number>;
}

/** A model that answers as it is at the moment: some of its layers may be quantized. */
export interface Subject {
  readonly model: tf.LayersModel;
  /** The kernels and tables that may be changed. */
  readonly weights: readonly Weight[];
  /** The output for a batch, in inference. */
  answer(xs: readonly (HostTensor | tf.Tensor)[]): Promise<HostTensor>;
}

/** A weight, and what stands for it. */
export interface Change {
  readonly path: string;
  readonly before: Float32Array;
  readonly after: Float32Array;
}
