import * as tf from '@tensorflow/tfjs';
import { sizeOf } from '../../lib/core/host-tensor';

const registered = new Set<string>();

/**
 * Gives a host-memory backend a one-pass `UnsortedSegmentSum`, the gradient of every embedding. tfjs's wasm backend has none,
 * and the cpu backend's makes one pass over all rows for *each* segment (the whole vocabulary). Sums run in row order, so they
 * are the same bits every time; rows of ids outside [0, numSegments) are dropped, as in TensorFlow.
 */
export function registerSegmentSum(backendName: 'cpu' | 'wasm'): void {
  if (registered.has(backendName)) return;
  registered.add(backendName);
  if (tf.getKernel('UnsortedSegmentSum', backendName)) tf.unregisterKernel('UnsortedSegmentSum', backendName);
  tf.registerKernel({ kernelName: 'UnsortedSegmentSum', backendName, kernelFunc: segmentSum });
}

const segmentSum: tf.KernelFunc = ({ inputs, attrs, backend }) => {
  const { x, segmentIds } = inputs as { x: tf.TensorInfo; segmentIds: tf.TensorInfo };
  const { numSegments } = attrs as unknown as { numSegments: number };
  const host = backend as tf.KernelBackend;
  const rows = host.readSync(x.dataId) as Float32Array;
  const ids = host.readSync(segmentIds.dataId) as Int32Array;
  const inner = x.shape.slice(segmentIds.shape.length);
  const shape = [numSegments, ...inner];
  const sums = addRows(rows, ids, numSegments, sizeOf(inner), x.dtype);
  return { dataId: host.write(sums, shape, x.dtype), shape, dtype: x.dtype };
};

function addRows(
  rows: Float32Array | Int32Array,
  ids: Int32Array,
  numSegments: number,
  width: number,
  dtype: tf.DataType,
): Float32Array | Int32Array {
  const sums =
    dtype === 'int32' ? new Int32Array(numSegments * width) : new Float32Array(numSegments * width);
  for (const [row, id] of ids.entries()) {
    if (id < 0 || id >= numSegments) continue;
    for (let column = 0; column < width; column++) {
      (sums[id * width + column] as number) += rows[row * width + column] as number;
    }
  }
  return sums;
}
