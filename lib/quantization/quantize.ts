import * as tf from '@tensorflow/tfjs';
import { QParams } from './qparams';
import { codeRange, QuantSpec } from './spec';

/**
 * Integer codes of `x`: `clip(round(x / scale) + zeroPoint)`, rounding half to even, as ONNX's `QuantizeLinear` does.
 *
 * @returns an int32 tensor of the shape of `x`.
 */
export function quantize(x: tf.Tensor, qparams: QParams, spec: QuantSpec): tf.Tensor {
  return tf.tidy(() => codesOf(x, qparams, spec).cast('int32'));
}

/** The numbers that codes stand for: `scale · (code - zeroPoint)`, float32. */
export function dequantize(codes: tf.Tensor, qparams: QParams): tf.Tensor {
  return tf.tidy(() => numbersOf(codes.cast('float32'), qparams));
}

/** `dequantize(quantize(x))` without the casts: the same bits. No gradient of use; see `fakeQuantize`. */
export function quantizeDequantize(x: tf.Tensor, qparams: QParams, spec: QuantSpec): tf.Tensor {
  return tf.tidy(() => numbersOf(codesOf(x, qparams, spec), qparams));
}

/** Codes as whole float32 numbers; adding the zero point also turns -0 into 0. */
function codesOf(x: tf.Tensor, { scale, zeroPoint }: QParams, spec: QuantSpec): tf.Tensor {
  const [lowest, highest] = codeRange(spec);
  return x.div(scale).round().add(zeroPoint).clipByValue(lowest, highest);
}

function numbersOf(codes: tf.Tensor, { scale, zeroPoint }: QParams): tf.Tensor {
  return codes.sub(zeroPoint).mul(scale);
}
