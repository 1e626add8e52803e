import * as tf from '@tensorflow/tfjs';
import { isTracing } from '../core/derived';
import { QParams, Range } from './qparams';
import { quantizeDequantize } from './quantize';
import { codeRange, QuantSpec } from './spec';

export interface FakeQuantizeOptions {
  /**
   * Under the tracer, record integer codes (ONNX's `QuantizeLinear` and `DequantizeLinear`), which a following matmul may
   * multiply as integers, instead of the arithmetic on floats. For 8 bits and one scale. Default false.
   */
  readonly integer?: boolean;
}

/**
 * Quantize, then dequantize, without the change of dtype: what a layer will compute with once it is quantized.
 *
 * `y = scale · (clip(round(x / scale) + zeroPoint) - zeroPoint)`, half to even.
 *
 * Straight-through gradient: `dL/dx = dL/dy` where x is within the clip range `scale · (lowest - zeroPoint) … scale ·
 * (highest - zeroPoint)`, edges included, and 0 outside. (torch lets the gradient through for half a step more: it asks
 * whether the *rounded* x is in range.)
 *
 * @param qparams taken as constants.
 *
 * @example
 * fakeQuantize(x, { scale: tf.scalar(0.25), zeroPoint: tf.scalar(0) }, int8());
 */
export function fakeQuantize(
  x: tf.Tensor,
  qparams: QParams,
  spec: QuantSpec,
  { integer = false }: FakeQuantizeOptions = {},
): tf.Tensor {
  const asCodes = integer && isTracing() && spec.bits === 8 && qparams.scale.size === 1;
  const operation = tf.customGrad((...args) => {
    const [value, save] = args as [tf.Tensor, tf.GradSaveFunc];
    const { lo, hi } = clipRange(qparams, spec);
    save([value, lo, hi]);
    return {
      value: asCodes ? throughCodes(value, qparams, spec) : quantizeDequantize(value, qparams, spec),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => dy.mul(inside(...(saved as Saved))),
    };
  });
  return operation(x);
}

type Saved = [x: tf.Tensor, lo: tf.Tensor, hi: tf.Tensor];

/** The lowest and highest number that has a code. */
function clipRange({ scale, zeroPoint }: QParams, spec: QuantSpec): Range {
  const [lowest, highest] = codeRange(spec);
  return {
    lo: tf.scalar(lowest).sub(zeroPoint).mul(scale),
    hi: tf.scalar(highest).sub(zeroPoint).mul(scale),
  };
}

/** 1 where x equals itself clipped, else 0: in onnxruntime a good deal faster than a `Where`. */
function inside(x: tf.Tensor, lo: tf.Tensor, hi: tf.Tensor): tf.Tensor {
  return x.maximum(lo).minimum(hi).equal(x).cast('float32');
}

/** The kernel that only the tracer has: tfjs has no dtype for the codes. */
function throughCodes(x: tf.Tensor, { scale, zeroPoint }: QParams, { signed }: QuantSpec): tf.Tensor {
  const dtype = signed ? 'int8' : 'uint8';
  return tf.engine().runKernel('WhittleQuantizeDequantize', { x, scale, zeroPoint }, { dtype }) as tf.Tensor;
}
