import * as tf from '@tensorflow/tfjs';
import { float, int, KernelCase, values } from '../harness';

const REPEATED = values([2, 0, 2, 1, 2, 0], 'int32');

export const indexingCases: KernelCase[] = [
  {
    kernel: 'GatherV2',
    run: (x, ids) => tf.gather(x!, ids!),
    inputs: [
      [float([3]), REPEATED],
      [float([3, 4]), REPEATED],
      [float([70, 2]), int([5, 3], 0, 70)],
      [float([3, 4]), values([1], 'int32')],
    ],
  },
  {
    kernel: 'GatherV2',
    what: 'along another axis',
    run: (x, ids) => [tf.gather(x!, ids!, 1), tf.gather(x!, ids!, -2)],
    inputs: [[float([2, 3, 4]), REPEATED]],
  },
  {
    kernel: 'GatherV2',
    what: 'in a batch',
    run: (x, ids) => tf.gather(x!, ids!, 1, 1),
    inputs: [
      [float([2, 4, 3]), int([2, 5], 0, 4)],
      [float([2, 4]), int([2], 0, 4)],
    ],
  },
  {
    kernel: 'GatherV2',
    what: 'in a batch, along another axis',
    run: (x, ids) => [tf.gather(x!, ids!, 2, 1), tf.gather(x!, ids!, -2, 1)],
    inputs: [[float([2, 4, 3, 2]), int([2, 5], 0, 3)]],
    gradient: false,
  },
  {
    kernel: 'GatherV2',
    what: 'in a batch of batches',
    run: (x, ids) => tf.gather(x!, ids!, 2, 2),
    inputs: [[float([2, 4, 3, 2]), int([2, 4, 2], 0, 3)]],
    gradient: false,
  },
  {
    kernel: 'GatherNd',
    run: (x, ids) => [tf.gatherND(x!, ids!), tf.gatherND(x!.sum(-1), ids!)],
    inputs: [
      [float([3, 4, 2]), values([0, 1, 2, 3, 2, 3], 'int32')],
      [int([3, 4, 2]), values([0, 1, 2, 3, 2, 3], 'int32')],
    ].map(([x, ids]) => [x!, () => tf.tidy(() => ids!().reshape([3, 2]))]),
    gradient: false, // tfjs has none
  },
  {
    kernel: 'ScatterNd',
    run: (ids, rows) => [
      tf.scatterND(ids!.reshape([6, 1]), rows!, [3, 2]),
      tf.scatterND(ids!.reshape([6, 1]), rows!, [100, 2]),
    ],
    inputs: [
      [REPEATED, float([6, 2])],
      [REPEATED, int([6, 2], -(2 ** 30), 2 ** 30)],
    ],
    gradient: false, // tfjs has none
  },
  {
    kernel: 'ScatterNd',
    what: 'at places',
    run: (ids, numbers) => tf.scatterND(ids!.reshape([3, 2]), numbers!, [4, 2]),
    inputs: [[values([0, 1, 3, 0, 0, 1], 'int32'), float([3])]],
    gradient: false,
  },
  {
    kernel: 'Bincount',
    run: (x, weights) => [
      tf.bincount(x as tf.Tensor1D, weights as tf.Tensor1D, 4),
      tf.bincount(x as tf.Tensor1D, tf.tensor1d([]), 4),
    ],
    inputs: [
      [values([1, 1, 3, 9, 0], 'int32'), float([5])],
      [values([1, 1, 3, 9, 0], 'int32'), int([5])],
    ],
    gradient: false,
  },
  {
    kernel: 'DenseBincount',
    run: (x, weights) => [
      tf.denseBincount(x as tf.Tensor2D, weights as tf.Tensor2D, 4),
      tf.denseBincount(x as tf.Tensor2D, tf.tensor2d([], [0, 0]), 4),
      tf.denseBincount(x as tf.Tensor2D, tf.tensor2d([], [0, 0]), 4, true),
      tf.denseBincount(x!.flatten() as tf.Tensor1D, tf.tensor1d([]), 4),
    ],
    inputs: [[int([2, 6], 0, 6), float([2, 6])]],
    gradient: false,
  },
  {
    kernel: 'GatherV2',
    what: 'of integers',
    run: (x, ids) => tf.gather(x!, ids!),
    inputs: [[int([3, 2]), REPEATED]],
    gradient: false,
  },
  {
    kernel: 'UnsortedSegmentSum',
    run: (x, ids) =>
      [3, 64, 65, 100].map((segments) => tf.unsortedSegmentSum(x!, ids as tf.Tensor1D, segments)),
    inputs: [
      [float([6, 2]), REPEATED],
      [float([6]), REPEATED],
      [float([6, 2, 3]), REPEATED],
    ],
  },
  {
    kernel: 'UnsortedSegmentSum',
    what: 'that stays inside the graph',
    run: (x, ids) =>
      [3, 100].map((segments) => tf.unsortedSegmentSum(x!, ids as tf.Tensor1D, segments).square()),
    inputs: [
      [float([6, 2]), REPEATED],
      [float([6]), REPEATED],
      [float([6, 2, 3]), REPEATED],
    ],
  },
  {
    kernel: 'UnsortedSegmentSum',
    what: 'leaves out ids that are no segment',
    run: (x, ids) =>
      [3, 100].flatMap((segments) => {
        const sum = tf.unsortedSegmentSum(x!, ids as tf.Tensor1D, segments);
        return [sum, sum.mul(2)];
      }),
    inputs: [[float([4, 2]), values([-1, 2, 100, 1], 'int32')]],
    gradient: false, // tfjs gathers those rows from elsewhere
  },
  {
    kernel: 'UnsortedSegmentSum',
    what: 'of integers',
    run: (x, ids) => [3, 100].map((segments) => tf.unsortedSegmentSum(x!, ids as tf.Tensor1D, segments)),
    inputs: [[int([6, 2]), REPEATED]],
    gradient: false,
  },
  {
    kernel: 'OneHot',
    run: (ids) => [
      tf.oneHot(ids!, 3),
      tf.oneHot(ids!, 3, 5, -1),
      tf.oneHot(ids!, 3, 2, 0),
      tf.oneHot(ids!, 3, 1, 0, 'float32'),
      tf.oneHot(ids!, 3, 1, 0, 'bool'),
    ],
    inputs: [[REPEATED], [values([-1, 3, 1], 'int32')], [int([2, 2], 0, 3)]],
    gradient: false,
  },
  {
    kernel: 'TopK',
    run: (x) => {
      const { values: largest, indices } = tf.topk(x!, 3);
      return [largest, indices];
    },
    inputs: [[float([5])], [float([2, 3, 4])], [values([1, 2, 2, 2, 0])], [int([2, 5])]],
    gradient: false,
  },
];
