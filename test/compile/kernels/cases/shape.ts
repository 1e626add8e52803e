import * as tf from '@tensorflow/tfjs';
import { bool, float, floats, int, KernelCase, values } from '../harness';

const cube = floats([2, 3, 4]);
const each = [cube, [int([2, 3, 4])], [bool([2, 3, 4])]];
const vector = floats([6]);

/** Ops whose results have no elements, or are of none. */
const empties: [kernel: string, run: (x: tf.Tensor) => tf.Tensor][] = [
  ['Reshape', (x) => x.reshape([x.shape[1]!, x.shape[0]!, 1])],
  ['ExpandDims', (x) => x.expandDims(0)],
  ['Pack', (x) => tf.stack([x, x])],
  ['Transpose', (x) => x.transpose()],
  ['Concat', (x) => tf.concat([x, tf.ones([x.shape[0]!, 2])], 1)],
  ['PadV2', (x) => tf.pad(x, [[1, 1], [0, 1]])], // prettier-ignore
  ['Slice', (x) => x.slice([0, 0], [-1, -1])],
  ['Sum', (x) => x.sum(0)],
  ['Mean', (x) => x.mean(1)],
  ['Max', (x) => x.max(1)],
  ['Min', (x) => x.min(0)],
  ['Prod', (x) => x.prod(0)],
  ['BatchMatMul', (x) => tf.matMul(x, tf.ones([x.shape[1]!, 2]))],
  ['UnsortedSegmentSum', (x) => tf.unsortedSegmentSum(x, tf.zeros([x.shape[0]!], 'int32'), 3)],
  ['FusedBatchNorm', (x) => tf.batchNorm(x as tf.Tensor2D, tf.zeros([x.shape[1]!]), tf.ones([x.shape[1]!]))],
];

export const shapeCases: KernelCase[] = [
  ...empties.map(([kernel, run]) => ({
    kernel,
    what: 'of nothing',
    run: (x: tf.Tensor) => run(x),
    inputs: [[float([0, 3])], [float([3, 0])]],
    gradient: kernel !== 'FusedBatchNorm', // tfjs's own gradient fails without a scale
  })),
  {
    kernel: 'Cast',
    run: (x) => [x.toInt(), x.toBool(), x.toFloat()],
    inputs: [[values([1.9, -1.9, 0.5, -0.5, 0, 3])], [values([3, 0, -2], 'int32')], [values([1, 0], 'bool')]],
    gradient: false,
  },
  {
    kernel: 'Cast',
    what: 'of NaN to bool',
    run: (x) => x.toBool(),
    inputs: [[values([NaN, 0])]],
    gradient: false,
  },
  {
    kernel: 'Cast',
    what: 'of what no integer is: numpy leaves it open',
    run: (x) => x.toInt(),
    inputs: [[values([NaN, Infinity, -Infinity, 3e9, -3e9, 2 ** 31, -(2 ** 31), 1e20, -1e30, 2147483520])]],
    gradient: false,
  },
  { kernel: 'Cast', what: 'of a float', run: (x) => x.cast('float32').mul(x), inputs: [cube] },
  { kernel: 'Reshape', run: (x) => [x.reshape([6, -1]), x.flatten(), x.as4D(1, 2, 3, 4)], inputs: each },
  { kernel: 'Reshape', what: 'of one element', run: (x) => x.reshape([]), inputs: [floats([1, 1])] },
  { kernel: 'ExpandDims', run: (x) => [x.expandDims(0), x.expandDims(-1), x.expandDims(2)], inputs: each },
  {
    kernel: 'Transpose',
    run: (x) => [x.transpose(), x.transpose([1, 0, 2]), x.transpose([0, 1, 2])],
    inputs: each,
  },
  { kernel: 'Tile', run: (x) => [x.tile([2, 1, 3]), x.tile([1, 1, 1])], inputs: each },
  {
    kernel: 'Tile',
    what: 'as a broadcast',
    run: (x) => tf.broadcastTo(x, [3, 2, 4]),
    inputs: [floats([2, 1])],
  },
  {
    kernel: 'Concat',
    run: (a, b) => [tf.concat([a!, b!], 1), tf.concat([a!, b!], -2)],
    inputs: [
      floats([2, 1, 3], [2, 4, 3]),
      [int([2, 2, 3]), int([2, 1, 3])],
      [bool([2, 2, 3]), bool([2, 1, 3])],
    ],
  },
  {
    kernel: 'Concat',
    what: 'of twelve',
    run: (...xs) => tf.concat(xs),
    inputs: [floats(...Array(12).fill([2]))],
  },
  {
    kernel: 'Pack',
    run: (...xs) => [tf.stack(xs), tf.stack(xs, 1), tf.stack(xs, 2)],
    inputs: [floats([2, 3], [2, 3]), [int([2, 3]), int([2, 3])]],
  },
  { kernel: 'Pack', what: 'of scalars', run: (...xs) => tf.stack(xs), inputs: [floats([], [], [])] },
  { kernel: 'Unpack', run: (x) => [...tf.unstack(x), ...tf.unstack(x, -1)], inputs: each },
  { kernel: 'SplitV', run: (x) => [...tf.split(x, 3, 1), ...tf.split(x, [1, 3], -1)], inputs: each },
  {
    kernel: 'Slice',
    run: (x) => [x.slice([1, 0, 2], [1, 3, 1]), x.slice([0, 1]), x.slice(1), x.slice([0, 0, 1], [-1, 2, -1])],
    inputs: each,
  },
  {
    kernel: 'StridedSlice',
    run: (x) => [
      x.stridedSlice([0, 2, 3], [2, 0, -5], [1, -1, -2]),
      x.stridedSlice([0, 0, 0], [2, 3, 4], [1, 2, 3]),
      x.stridedSlice([1, 0, 1], [2, 1, 4], [1, 1, 1], 2, 2, 0, 0, 1),
      x.stridedSlice([0, 0, 0], [2, 3, 4], [1, 1, 1]),
    ],
    inputs: each,
    gradient: false,
  },
  { kernel: 'Reverse', run: (x) => [x.reverse(), x.reverse(1), x.reverse([0, -1])], inputs: each },
  {
    kernel: 'PadV2',
    run: (x) => [
      tf.pad(
        x,
        [
          [1, 0],
          [0, 2],
          [1, 1],
        ],
        3,
      ),
      tf.pad(x, [
        [0, 0],
        [0, 0],
        [0, 0],
      ]),
    ],
    inputs: [cube, [int([2, 3, 4])]],
  },
  {
    kernel: 'MirrorPad',
    run: (x) => [tf.mirrorPad(x, [[1, 2]], 'symmetric'), tf.mirrorPad(x, [[0, 3]], 'reflect')],
    inputs: [vector, [int([6])]],
  },
  {
    kernel: 'MirrorPad',
    what: 'of a matrix',
    run: (x) => [
      tf.mirrorPad(
        x,
        [
          [2, 1],
          [3, 3],
        ],
        'symmetric',
      ),
      tf.mirrorPad(
        x,
        [
          [1, 1],
          [0, 2],
        ],
        'reflect',
      ),
    ],
    inputs: [floats([2, 3])],
  },
  {
    kernel: 'Fill',
    run: (x) => [x.mul(tf.fill([2, 3], 1.5)), tf.fill([3], 4, 'int32'), tf.fill([], -1)],
    inputs: [floats([2, 3])],
  },
  {
    kernel: 'Range',
    run: (x) => [
      x.mul(tf.range(0, 6)),
      tf.range(5, 0, -2, 'int32'),
      tf.range(3, 0),
      tf.range(0, 1, 0.3),
      tf.range(2, 2),
    ],
    inputs: [vector],
  },
  {
    kernel: 'LinSpace',
    run: (x) => [x.mul(tf.linspace(-1, 1, 6)), tf.linspace(3, 9, 1), tf.linspace(1, 0, 3)],
    inputs: [vector],
  },
  {
    kernel: 'Select',
    run: (condition, a, b) => tf.where(condition!, a!, b!),
    inputs: [
      [bool([2, 3]), float([2, 3]), float([2, 3], 5, 6)],
      [bool([3]), float([2, 3]), float([3])],
      [bool([]), float([2, 3]), float([2, 3])],
      [bool([4]), int([4]), int([4], 7, 9)],
      [bool([4]), bool([4], 5), bool([4], 6)],
    ],
  },
];
