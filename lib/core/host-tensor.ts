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

function dtypeOf(data: HostTensor['data']): HostTensor['dtype'] {
  if (data instanceof Float32Array) return 'float32';
  return data instanceof Int32Array ? 'int32' : 'bool';
}
