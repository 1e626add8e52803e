import * as tf from '@tensorflow/tfjs';

/**
 * A raw host buffer derived from something else (a dropout mask from the clock, int8 codes from a weight), which a traced
 * program reads as an input and which is refreshed before each run.
 */
export interface DerivedInput {
  /** Where it comes from, for error messages. */
  readonly name: string;
  readonly dtype: 'uint8' | 'int8' | 'float32';
  readonly shape: readonly number[];
  readonly data: Uint8Array | Int8Array | Float32Array;
  /** How many bits its integers need, where fewer than their type has. */
  readonly bits?: number;
  /** Fills `data` for the next run. */
  refresh(): void;
}

/** Name of the tracing backend, and of the kernel through which it takes derived inputs. */
export const TRACE = 'whittle-trace';
export const DERIVED = 'WhittleDerived';
export const DEQUANTIZE = 'WhittleDequantize';

/** Whether tfjs code is being recorded (lib/compile) rather than computed. */
export function isTracing(): boolean {
  return tf.getBackend() === TRACE;
}

/** A derived input of float32 as a tensor: eager engines refresh and copy it, under the tracer it becomes a graph input. */
export function derivedTensor(input: DerivedInput): tf.Tensor {
  if (isTracing())
    return tf.engine().runKernel(DERIVED, {}, { input } as unknown as tf.NamedAttrMap) as tf.Tensor;
  input.refresh();
  return tf.tensor(Float32Array.from(input.data), [...input.shape], 'float32');
}

/** Attributes of the `DEQUANTIZE` kernel. */
export interface DequantizeAttrs {
  readonly codes: DerivedInput;
  readonly scale: number | DerivedInput;
  readonly axis: number;
}

/**
 * `scale · codes` as a float32 tensor of the codes' shape. Eager engines refresh the inputs and compute now; under the tracer
 * the buffers become graph inputs.
 *
 * @param scale one number, or one scale per index of `axis` (refreshed together with the codes).
 * @param axis the codes' axis that a vector of scales runs along; the last one by default.
 */
export function scaledCodes(
  codes: DerivedInput,
  scale: number | DerivedInput,
  axis = codes.shape.length - 1,
): tf.Tensor {
  if (isTracing()) {
    const attrs: DequantizeAttrs = { codes, scale, axis };
    return tf.engine().runKernel(DEQUANTIZE, {}, attrs as unknown as tf.NamedAttrMap) as tf.Tensor;
  }
  codes.refresh();
  if (typeof scale !== 'number') scale.refresh();
  return tf.tidy(() => {
    const values = tf.tensor(Float32Array.from(codes.data), [...codes.shape], 'float32');
    return values.mul(typeof scale === 'number' ? scale : broadcastable(scale, codes.shape.length, axis));
  });
}

function broadcastable(scale: DerivedInput, rank: number, axis: number): tf.Tensor {
  const shape = Array.from({ length: rank }, (_, i) => (i === axis ? scale.data.length : 1));
  return tf.tensor(Float32Array.from(scale.data), shape, 'float32');
}
