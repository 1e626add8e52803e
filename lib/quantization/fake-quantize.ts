import * as tf from '@tensorflow/tfjs';
import { isTracing } from '../core/derived';
import { QParams, Range } from './qparams';
import { quantizeDequantize } from './quantize';
import { codeRange, QuantSpec } from './spec';

/** Options of {@link fakeQuantize}. */
export interface FakeQuantizeOptions {
  /**
   * Under the tracer, record integer codes (ONNX's `QuantizeLinear` and `DequantizeLinear`), which a following matmul may
   * multiply as integers, instead of the arithmetic on floats: the same numbers. For one scale; others are simulated. Default false.
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
 * @param qparams taken as constants; of one element they have any shape, of several one that broadcasts to x.
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
  const operation = tf.customGrad((...args) => {
    const [value, save] = args as [tf.Tensor, tf.GradSaveFunc];
    const each = { scale: scalarIfOne(qparams.scale), zeroPoint: scalarIfOne(qparams.zeroPoint) };
    const range = clipRange(each, spec);
    const asCodes = integer && isTracing() && each.scale.rank === 0 && each.zeroPoint.rank === 0;
    save([value, range.lo, range.hi]);
    return {
      value: asCodes ? throughCodes(value, each, spec, range) : quantizeDequantize(value, each, spec),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => dy.mul(inside(...(saved as Saved))),
    };
  });
  return operation(x);
}

type Saved = [x: tf.Tensor, lo: tf.Tensor, hi: tf.Tensor];

/** The lowest and highest number that has a code. */
export function clipRange({ scale, zeroPoint }: QParams, spec: QuantSpec): Range {
  const [lowest, highest] = codeRange(spec);
  return {
    lo: tf.scalar(lowest).sub(zeroPoint).mul(scale),
    hi: tf.scalar(highest).sub(zeroPoint).mul(scale),
  };
}

/** 1 where x equals itself clipped, else 0: in onnxruntime a good deal faster than a `Where`. */
export function inside(x: tf.Tensor, lo: tf.Tensor, hi: tf.Tensor): tf.Tensor {
  return x.maximum(lo).minimum(hi).equal(x).cast('float32');
}

/** One number has no shape, whatever it had: so the result has that of x. */
function scalarIfOne(x: tf.Tensor): tf.Tensor {
  return x.size === 1 ? x.reshape([]) : x;
}

/**
 * The kernel that only the tracer has: tfjs has no dtype for the codes. ONNX knows only whole bytes, [-128, 127] or [0, 255]; where
 * there are fewer codes x is clipped first. That is exact: of the clip range's own ends the division gives the outermost codes back but
 * for its rounding, which that to whole numbers undoes. In training the gradient clips x anyway.
 */
function throughCodes(
  input: tf.Tensor,
  { scale, zeroPoint }: QParams,
  { bits, signed, narrowRange }: QuantSpec,
  { lo, hi }: Range,
): tf.Tensor {
  const dtype = signed ? 'int8' : 'uint8';
  const x = bits === 8 && !narrowRange ? input : input.maximum(lo).minimum(hi);
  return tf.engine().runKernel('WhittleQuantizeDequantize', { x, scale, zeroPoint }, { dtype }) as tf.Tensor;
}
