import * as tf from '@tensorflow/tfjs';
import { Argument, bool, float, floats, int, KernelCase, values } from '../harness';

type Reduction = (x: tf.Tensor, axis?: number | number[], keepDims?: boolean) => tf.Tensor;

const AXES: [number[], (number | number[])?, boolean?][] = [
  [[]],
  [[5]],
  [[2, 3]],
  [[2, 3], 0],
  [[2, 3, 4], 1, true],
  [
    [2, 3, 4],
    [0, 2],
  ],
  [[2, 3, 4], [1, 2], true],
];
const DISTINCT = values([3, -1, 4, 1.5, -5, 9, 2, 6]);
const WITH_NAN = [0, 1, 5].map((at) => values([1, -2, 3, 4, 0, -1].map((x, i) => (i === at ? NaN : x))));
const INFINITE = values([1, Infinity, -Infinity, 2]);

/** One case per shape and axis of a reduction, then one for other arguments. */
function reductions(
  kernel: string,
  reduce: Reduction,
  make: (shape: number[]) => Argument,
  gradient: boolean,
  ...more: Argument[]
): KernelCase[] {
  const over = AXES.map(([shape, axis, keepDims]) => ({
    kernel,
    what: `of [${shape}] over ${axis ?? 'all'}${keepDims ? ', kept' : ''}`,
    run: (x: tf.Tensor) => reduce(x, axis, keepDims),
    inputs: [[make(shape)]],
    gradient,
  }));
  const other = more.map((argument) => [argument]);
  return [
    ...over,
    { kernel, what: 'of other values', run: (x) => reduce(x), inputs: other, gradient: false },
  ];
}

const range =
  (low: number, high: number) =>
  (shape: number[]): Argument =>
    float(shape, low, high);
const integers = int([2, 3]);
const cube = [floats([2, 3, 4])];

export const reductionCases: KernelCase[] = [
  ...reductions('Sum', tf.sum, range(-2, 2), true, integers, bool([2, 3]), INFINITE),
  ...reductions('Mean', tf.mean, range(-2, 2), true, integers, bool([2, 3]), INFINITE),
  ...reductions('Max', tf.max, range(-2, 2), true, integers, DISTINCT, INFINITE, ...WITH_NAN),
  ...reductions('Min', tf.min, range(-2, 2), true, integers, DISTINCT, INFINITE, ...WITH_NAN),
  ...reductions('Prod', tf.prod, range(0.5, 2), true, integers, values([2, 0, 3])),
  ...reductions('Any', tf.any, bool, false, values([0, 0, 0], 'bool')),
  ...reductions('All', tf.all, bool, false, values([1, 1], 'bool')),
  {
    kernel: 'Cumprod',
    what: 'in the gradient of a product with zeros',
    run: (x) => x.prod(),
    inputs: [[values([2, 0, 3, 4, 0.5])], [values([2, 3, 4])], [values([5])]],
  },
  {
    kernel: 'Cumprod',
    run: (x) =>
      [true, false].flatMap((exclusive) =>
        [true, false].map((reverse) => tf.cumprod(x, 1, exclusive, reverse)),
      ),
    inputs: [[float([2, 5, 3], 0.5, 2)], [float([2, 1], 0.5, 2)], [int([2, 4])]],
    gradient: false,
  },
  {
    kernel: 'Cumsum',
    run: (x) =>
      [true, false].flatMap((exclusive) => [true, false].map((reverse) => x.cumsum(1, exclusive, reverse))),
    inputs: [[float([2, 5])], [float([3, 1])]],
  },
  { kernel: 'Cumsum', what: 'of booleans', run: (x) => x.cumsum(), inputs: [[bool([5])]], gradient: false },
  {
    kernel: 'ArgMax',
    what: 'of nothing',
    run: (x) => [x.argMax(0), x.argMin(0)],
    inputs: [[float([0, 3])]],
    gradient: false,
  },
  {
    kernel: 'Cumsum',
    what: 'along any axis',
    run: (x) => [x.cumsum(0), x.cumsum(1), x.cumsum(2)],
    inputs: [...cube, [int([2, 3, 4])]],
    gradient: false, // tfjs's own gradient has another shape, unless the axis is the last one
  },
  {
    kernel: 'ArgMax',
    run: (x) => [x.argMax(-1), x.argMax(0)],
    inputs: [...cube, [float([5])], [values([1, 3, 3, 2])], [int([3, 4])]],
    gradient: false,
  },
  {
    kernel: 'ArgMin',
    run: (x) => [x.argMin(-1), x.argMin(0)],
    inputs: [...cube, [float([5])], [values([1, -3, -3, 2])], [int([3, 4])]],
    gradient: false,
  },
  {
    kernel: 'Softmax',
    run: (x) => x.softmax(),
    inputs: [...cube, [float([5], -9, 9)], [values([-1e9, 0, 1])], [values([NaN, 0, 1])]],
  },
  { kernel: 'AddN', run: (...xs) => tf.addN(xs), inputs: [floats([2, 3], [2, 3], [2, 3]), floats([4])] },
  {
    kernel: 'AddN',
    what: 'of integers',
    run: (...xs) => tf.addN(xs),
    inputs: [[int([2, 3]), int([2, 3], 0, 9, 4), int([2, 3], 0, 9, 5)]],
    gradient: false,
  },
];
