import type * as tf from '@tensorflow/tfjs';
import { UserError } from './errors';

/** Values of one dtype in host memory, not owned by any tfjs backend. */
export interface HostTensor {
  readonly dtype: 'float32' | 'int32' | 'bool';
  /** Row-major; the product is `data.length`. */
  readonly shape: number[];
  readonly data: Float32Array | Int32Array | Uint8Array;
}

/** Number of elements of a shape; 1 for a scalar. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/**
 * Wraps a typed array (not copied) with its shape; the array's type gives the dtype.
 *
 * @throws if the shape does not hold exactly `data.length` elements.
 */
export function hostTensor(data: Float32Array | Int32Array | Uint8Array, shape: number[]): HostTensor {
  if (sizeOf(shape) !== data.length) {
    throw new Error(`Expected ${sizeOf(shape)} values for shape [${shape.join(', ')}], got ${data.length}.`);
  }
  return { dtype: dtypeOf(data), shape, data };
}

/** Reads a tensor of numbers; the copy is the caller's, and its dtype the tensor's, whatever array tfjs keeps behind it. */
export async function hostTensorOf(tensor: tf.Tensor): Promise<HostTensor> {
  const data = await tensor.data();
  const shape = [...tensor.shape];
  switch (tensor.dtype) {
    case 'float32':
      return { dtype: 'float32', shape, data: Float32Array.from(data as ArrayLike<number>) };
    case 'int32':
      return { dtype: 'int32', shape, data: Int32Array.from(data as ArrayLike<number>) };
    case 'bool':
      return { dtype: 'bool', shape, data: Uint8Array.from(data as ArrayLike<number>) };
    default:
      throw new UserError(`Expected a tensor of numbers, got one of ${tensor.dtype}.`);
  }
}

function dtypeOf(data: HostTensor['data']): HostTensor['dtype'] {
  if (data instanceof Float32Array) return 'float32';
  return data instanceof Int32Array ? 'int32' : 'bool';
}
