import * as tf from '@tensorflow/tfjs';
import { isTracing } from '../core/derived';
import { decode } from './decode';
import { encode } from './encode';
import { ofBlocks, perValue, qparamsOf, rangeOf, repeated } from './qparams';
import { quantizeDequantize } from './quantize';
import { HalfSpec, isHalf, QuantSpec, WeightSpec } from './spec';
import { THRESHOLD } from './ternary';

/**
 * The numbers that a weight would be stored as, as a tensor: `decode(encode(x))`, without a gradient.
 *
 * In tfjs ops; what these cannot say, eager engines compute on the host. Of ternary scales a program's last bits may differ, since means
 * are added up in another order.
 */
export function simulateStored(x: tf.Tensor, spec: WeightSpec): tf.Tensor {
  if (isHalf(spec)) return isTracing() ? roundToHalf(x, spec) : onHost(x, spec);
  if (spec.rule !== 'ternary') return roundByRange(x, spec);
  return isTracing() ? roundToTernary(x, spec) : onHost(x, spec);
}

function roundByRange(x: tf.Tensor, spec: QuantSpec): tf.Tensor {
  const qparams = qparamsOf(rangeOf(x, spec.granularity), spec);
  return quantizeDequantize(x, perValue(qparams, x.shape, spec.granularity), spec);
}

/** The kernel that only the tracer has: tfjs has no such dtypes. */
function roundToHalf(x: tf.Tensor, { format }: HalfSpec): tf.Tensor {
  const dtype = format === 'fp16' ? 'float16' : 'bfloat16';
  return tf.engine().runKernel('WhittleRoundToHalf', { x }, { dtype }) as tf.Tensor;
}

/** See `ternary()`. */
function roundToTernary(x: tf.Tensor, { granularity }: QuantSpec): tf.Tensor {
  const sum = (values: tf.Tensor) => ofBlocks(values, granularity, (parts, axes) => parts.sum(axes));
  const everywhere = (values: tf.Tensor) => repeated(values, x.shape, granularity);
  const size = x.abs();
  const threshold = sum(size)
    .div(sum(tf.onesLike(x)))
    .mul(THRESHOLD);
  const isLarge = size.greater(everywhere(threshold)).cast('float32');
  const scale = sum(size.mul(isLarge)).div(sum(isLarge).maximum(1));
  return x.sign().mul(isLarge).mul(everywhere(scale));
}

function onHost(x: tf.Tensor, spec: WeightSpec): tf.Tensor {
  const data = x.dataSync() as Float32Array;
  return tf.tensor(decode(encode({ data, shape: x.shape }, spec)), x.shape);
}
