import * as tf from '@tensorflow/tfjs';
import { floats, KernelCase } from '../harness';

export const blockCases: KernelCase[] = [
  {
    kernel: 'DepthToSpace',
    run: (x) => tf.depthToSpace(x as tf.Tensor4D, 2),
    inputs: [floats([2, 1, 2, 8])],
    gradient: false, // tfjs has none
  },
  {
    kernel: 'SpaceToBatchND',
    run: (x) => tf.spaceToBatchND(x, [2, 2], [[1, 1], [0, 2]]), // prettier-ignore
    inputs: [floats([1, 2, 2, 3]), floats([2, 4, 4])],
  },
  {
    kernel: 'SpaceToBatchND',
    what: 'along one axis',
    run: (x) => tf.spaceToBatchND(x, [3], [[1, 1]]),
    inputs: [floats([2, 4, 3])],
  },
  {
    kernel: 'BatchToSpaceND',
    run: (x) => tf.batchToSpaceND(x, [2, 2], [[0, 1], [1, 0]]), // prettier-ignore
    inputs: [floats([8, 2, 2, 1]), floats([4, 3, 2, 2])],
  },
  {
    kernel: 'BatchToSpaceND',
    what: 'of dilated pools',
    run: (x) => [
      tf.pool(x as tf.Tensor4D, 2, 'max', 'valid', 2, 1),
      tf.pool(x as tf.Tensor4D, 2, 'avg', 'same', 2, 1),
    ],
    inputs: [floats([2, 6, 7, 1])],
  },
];
