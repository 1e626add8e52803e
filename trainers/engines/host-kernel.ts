import * as tf from '@tensorflow/tfjs';
import { arrayOf, isHostType } from '../../lib/core/host-tensor';

/**
 * The kernel of tfjs's cpu backend for a backend that lacks it or gets it wrong: inputs are read from that backend, and outputs
 * written to it. Slow, but right.
 */
export function hostKernel(name: string): tf.KernelFunc {
  return ({ inputs, attrs, backend }) => {
    const [device, host] = [backend as tf.KernelBackend, tf.findBackend('cpu') as tf.KernelBackend];
    const move = (
      from: tf.KernelBackend,
      to: tf.KernelBackend,
      { dataId, shape, dtype }: tf.TensorInfo,
    ): tf.TensorInfo => ({
      dataId: to.write(ofDtype(from.readSync(dataId), dtype), shape, dtype),
      shape,
      dtype,
    });
    const arrived = mapInputs(inputs, (x) => move(device, host, x));
    const outputs = tf.getKernel(name, 'cpu').kernelFunc({ inputs: arrived, attrs, backend: host });
    const results = [outputs].flat().map((output) => move(host, device, output));
    for (const x of [...Object.values(arrived), ...[outputs].flat()]) host.disposeData(x!.dataId, true);
    return Array.isArray(outputs) ? results : (results[0] as tf.TensorInfo);
  };
}

/** The cpu backend keeps some values in arrays of another class, which would arrive as bits. */
function ofDtype(values: tf.BackendValues, dtype: tf.DataType): tf.BackendValues {
  return isHostType(dtype) ? arrayOf(dtype, values as tf.TypedArray) : values;
}

/** Some kernels take a record of tensors, others an array; optional ones may be missing. */
function mapInputs(
  inputs: tf.NamedTensorInfoMap,
  move: (x: tf.TensorInfo) => tf.TensorInfo,
): tf.NamedTensorInfoMap {
  const entries = Object.entries(inputs).flatMap(([name, x]) => (x ? [[name, move(x)] as const] : []));
  return Object.assign(Array.isArray(inputs) ? [] : {}, Object.fromEntries(entries));
}
