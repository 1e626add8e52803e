import * as tf from '@tensorflow/tfjs';
import { float, KernelCase } from '../harness';

const statistics = (shape: number[]) => [float(shape, -1, 1, 21), float(shape, 0.5, 2, 22)];

export const normalizationCases: KernelCase[] = [
  {
    kernel: 'FusedBatchNorm',
    run: (x, mean, variance) => tf.batchNorm(x!, mean!, variance!, undefined, undefined, 1e-3),
    inputs: [
      [float([4, 3]), ...statistics([3])],
      [float([2, 3, 3, 2]), ...statistics([2])],
    ],
    gradient: false, // tfjs's own gradient fails without a scale
  },
  {
    kernel: 'FusedBatchNorm',
    what: 'with scale and offset',
    run: (x, mean, variance, offset, scale) =>
      tf.batchNorm(
        x!,
        mean as tf.Tensor1D,
        variance as tf.Tensor1D,
        offset as tf.Tensor1D,
        scale as tf.Tensor1D,
      ),
    inputs: [
      [float([4, 3]), ...statistics([3]), float([3]), float([3], 0.5, 2)],
      [float([2, 2, 3, 2]), ...statistics([2]), float([2]), float([2], 0.5, 2)],
    ],
  },
  {
    kernel: 'LRN',
    run: (x) => tf.localResponseNormalization(x as tf.Tensor4D, 2, 1, 0.5, 0.75),
    inputs: [[float([2, 2, 1, 6])], [float([1, 1, 2, 3])]],
  },
  {
    kernel: 'LRNGrad',
    what: 'without options',
    run: (x) => tf.localResponseNormalization(x as tf.Tensor4D),
    inputs: [[float([2, 2, 2, 4])]],
  },
];
