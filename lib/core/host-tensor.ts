import type * as tf from '@tensorflow/tfjs';
import { UserError } from './errors';

/** Values of one dtype in host memory, not owned by any tfjs backend. */
export interface HostTensor {
  /** As tfjs names it; `bool` is a byte of 0 or 1. */
  readonly dtype: 'float32' | 'int32' | 'bool';
  /** Row-major; the product is `data.length`. */
  readonly shape: number[];
  /** An array of the dtype's class: Float32Array, Int32Array, Uint8Array. */
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
export function hostTensor(data: HostTensor['data'], shape: number[]): HostTensor {
  if (sizeOf(shape) !== data.length) {
    throw new Error(`Expected ${sizeOf(shape)} values for shape [${shape.join(', ')}], got ${data.length}.`);
  }
  return { dtype: dtypeOf(data), shape, data };
}

/**
 * The values of a tensor in host memory, of the tensor's dtype. Not copied where the backend shows its memory (tfjs's cpu backend
 * does), so later writes may show: `slice()` what you keep.
 *
 * An array's class says nothing about a tensor's dtype: on the cpu backend `toFloat()` leaves the integers where they are and only
 * calls them floats, and `toInt()` does that to booleans. Such values are converted, to a new array.
 *
 * @throws UserError for strings and complex numbers.
 */
export function hostOf(tensor: tf.Tensor): HostTensor {
  return hostFrom(tensor.dataSync(), tensor);
}

/** Like {@link hostOf}, for backends that give values only later. */
export async function readHost(tensor: tf.Tensor): Promise<HostTensor> {
  return hostFrom(await tensor.data(), tensor);
}

/** Whether an array is of the class that holds values of a dtype. */
export function isArrayOf(dtype: tf.DataType, values: tf.TypedArray): boolean {
  return isHostType(dtype) && values instanceof ARRAYS[dtype];
}

const ARRAYS = { float32: Float32Array, int32: Int32Array, bool: Uint8Array } as const;

function hostFrom(values: tf.TypedArray, { dtype, shape }: tf.Tensor): HostTensor {
  if (!isHostType(dtype)) {
    throw new UserError(
      `Expected a tensor of float32, int32 or bool, got one of ${dtype}; convert it first.`,
    );
  }
  return { dtype, shape: [...shape], data: arrayOf(dtype, values) };
}

/** Values as an array of the class that holds those of the dtype; the same array if it is one. */
export function arrayOf(dtype: HostTensor['dtype'], values: tf.TypedArray): HostTensor['data'] {
  return isArrayOf(dtype, values) ? values : ARRAYS[dtype].from(values);
}

/** Whether it is a dtype of numbers or booleans. */
export function isHostType(dtype: tf.DataType): dtype is HostTensor['dtype'] {
  return dtype in ARRAYS;
}

function dtypeOf(data: HostTensor['data']): HostTensor['dtype'] {
  if (data instanceof Float32Array) return 'float32';
  return data instanceof Int32Array ? 'int32' : 'bool';
}
