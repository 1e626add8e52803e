import type * as tf from '@tensorflow/tfjs';
import { derivedTensor } from '../core/derived';
import { sizeOf } from '../core/host-tensor';
import { normals } from '../wasm/kernels';
import { keyNow, Stream } from './stream';

/** Mean and standard deviation of a normal distribution. */
export interface Normal {
  readonly mean: number;
  /** At least 0. */
  readonly stddev: number;
}

/** Draws from a normal distribution: a function of the clock and the stream alone, as `dropoutMask` is. */
export function normalNoise(stream: Stream, shape: readonly number[], { mean, stddev }: Normal): tf.Tensor {
  const data = new Float32Array(sizeOf(shape));
  const refresh = () => normals(data, keyNow(stream), mean, stddev);
  return derivedTensor({ name: `noise of ${stream.name}`, dtype: 'float32', shape, data, refresh });
}
