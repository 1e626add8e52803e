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

/** A measure that has seen the model in floats. */
export interface OpenMeasure {
  /** What is lost now that the subject computes with these changes. */
  lossOf(changes: readonly Change[]): Promise<number>;
}

/** A model that answers as it is at the moment: some of its layers may be quantized. */
export interface Subject {
  /** The caller's; a measure that changes it puts it back. */
  readonly model: tf.LayersModel;
  /** The kernels and tables that may be changed. */
  readonly weights: readonly Weight[];
  /** The output for a batch, in inference. */
  answer(xs: readonly (HostTensor | tf.Tensor)[]): Promise<HostTensor>;
}

/** A weight, and what stands for it. */
export interface Change {
  /** As `weightsOf` names it. */
  readonly path: string;
  /** Its values in floats, row-major. */
  readonly before: Float32Array;
  /** What the layer computes with instead, row-major. */
  readonly after: Float32Array;
}
