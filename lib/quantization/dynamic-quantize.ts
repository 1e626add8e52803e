import * as tf from '@tensorflow/tfjs';
import { isTracing } from '../core/derived';
import type { QParams } from './qparams';
import { quantizeDequantize } from './quantize';
import { straightThrough } from '../core/straight-through';
import { uint8 } from './spec';

/** Name of the tracing backend's kernel for `dynamicQuantize`. */
export const DYNAMIC_QUANTIZE = 'WhittleDynamicQuantize';

/** Options of {@link dynamicQuantize}. */
export interface DynamicQuantizeOptions {
  /**
   * Under the tracer, record integer codes (ONNX's `DynamicQuantizeLinear` and `DequantizeLinear`), which a following matmul may multiply
   * as integers, instead of the arithmetic on floats: the same numbers. Default false.
   */
  readonly integer?: boolean;
}

/**
 * Fake-quantizes a tensor by its own range, as 256 codes: ONNX's `DynamicQuantizeLinear`, then `DequantizeLinear`. Nothing is clipped, so
 * the straight-through gradient is the identity. An empty tensor stays as it is.
 *
 * `scale = (max(x, 0) - min(x, 0)) / 255`, or 1 where that is 0; `zeroPoint = round(-min(x, 0) / scale)`, clipped to [0, 255];
 * `y = scale · (clip(round(x / scale) + zeroPoint) - zeroPoint)`, half to even.
 *
 * @example dynamicQuantize(tf.tensor1d([-1, 0.5, 254])); // scale 1: [-1, 0, 254]
 */
export function dynamicQuantize(x: tf.Tensor, { integer = false }: DynamicQuantizeOptions = {}): tf.Tensor {
  if (x.size === 0) return x.clone();
  return straightThrough(x, (value) =>
    integer && isTracing()
      ? (tf.engine().runKernel(DYNAMIC_QUANTIZE, { x: value }) as tf.Tensor)
      : quantizeDequantize(value, ownQParams(value), uint8()),
  );
}

/** Not `qparamsOf`, whose least scale is torch's. */
function ownQParams(x: tf.Tensor): QParams {
  const lo = x.min().minimum(0);
  const step = x.max().maximum(0).sub(lo).div(255);
  const scale = tf.where(step.equal(0), tf.onesLike(step), step);
  return { scale, zeroPoint: lo.div(scale).neg().round().clipByValue(0, 255) };
}
