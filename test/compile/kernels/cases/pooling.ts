import * as tf from '@tensorflow/tfjs';
import { Argument, floats, int, KernelCase } from '../harness';

type Image = tf.Tensor4D;

/** Windows that meet, overlap, leave gaps, and hang over the edge. */
const POOLS: [
  image: number[],
  size: number | [number, number],
  stride: number | [number, number],
  pad: 'same' | 'valid' | number,
][] = [
  [[2, 4, 4, 3], 2, 2, 'valid'],
  [[2, 5, 5, 3], 2, 2, 'same'],
  [[2, 5, 5, 3], 2, 2, 'valid'],
  [[1, 6, 6, 2], 3, 1, 'same'],
  [[1, 6, 7, 2], [3, 2], 2, 'valid'],
  [[1, 7, 7, 2], 2, 3, 'valid'],
  [[1, 5, 5, 1], 3, 2, 1],
  // No smaller than the window, or of another stride than the one that tfjs computes sizes with.
  [[1, 5, 4, 1], 2, 1, 2],
  [[2, 5, 4, 2], 2, 3, 3],
  [[1, 6, 7, 2], 3, [2, 1], 1],
  [[1, 6, 7, 1], 3, [1, 3], 1],
];

const pools = (kernel: string, pool: typeof tf.maxPool): KernelCase[] =>
  POOLS.map(([image, size, stride, pad]) => ({
    kernel,
    what: `[${image}], size ${size}, stride ${stride}, ${pad}`,
    run: (x) => pool(x as Image, size, stride, pad),
    inputs: [floats(image)],
  }));

/** Windows of equal elements: the first one is the maximum. */
const ties: Argument = () => tf.tensor4d([0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2], [1, 4, 4, 1]);

/** Of volumes: windows that meet, overlap, leave gaps, and hang over the edge. */
const POOLS_3D: [
  volume: number[],
  size: number | [number, number, number],
  stride: number,
  pad: 'same' | 'valid' | number,
][] = [
  [[1, 4, 4, 4, 2], 2, 2, 'valid'],
  [[2, 3, 4, 5, 1], 2, 1, 'same'],
  [[1, 5, 4, 4, 1], 3, 2, 1],
  [[1, 5, 5, 5, 1], 2, 3, 'valid'],
];

const pools3d = (kernel: string, pool: typeof tf.maxPool3d): KernelCase[] =>
  POOLS_3D.map(([volume, size, stride, pad]) => ({
    kernel,
    what: `[${volume}], size ${size}, stride ${stride}, ${pad}`,
    run: (x) => pool(x as tf.Tensor5D, size, stride, pad),
    inputs: [floats(volume)],
  }));

export const poolingCases: KernelCase[] = [
  ...pools('MaxPool', tf.maxPool),
  ...pools('AvgPool', tf.avgPool),
  ...pools3d('MaxPool3D', tf.maxPool3d),
  ...pools3d('MaxPool3DGrad', tf.maxPool3d).slice(3),
  ...pools3d('AvgPool3D', tf.avgPool3d),
  ...pools3d('AvgPool3DGrad', tf.avgPool3d).slice(3),
  {
    kernel: 'AvgPool3D',
    what: 'of another size along each axis',
    run: (x) => tf.avgPool3d(x as tf.Tensor5D, [2, 3, 1], [2, 1, 1], 'same'),
    inputs: [floats([1, 5, 4, 3, 2])],
  },
  ...(['same', 'valid'] as const).map((pad) => ({
    kernel: 'MaxPoolWithArgmax',
    what: pad,
    run: (x: tf.Tensor) =>
      [true, false].flatMap((inBatch) => {
        const { result, indexes } = tf.maxPoolWithArgmax(x as Image, [2, 3], 2, pad, inBatch);
        return [result!, indexes!];
      }),
    inputs: [floats([2, 5, 4, 3])],
    gradient: false, // tfjs has none
  })),
  {
    kernel: 'MaxPoolGrad',
    what: 'of equal elements',
    run: (x) => [tf.maxPool(x as Image, 2, 2, 'valid'), tf.maxPool(x as Image, 3, 1, 'same')],
    inputs: [[ties]],
  },
  {
    kernel: 'MaxPool',
    what: 'of integers',
    run: (x) => tf.maxPool(x as Image, 2, 1, 'same'),
    inputs: [[int([1, 3, 3, 2], -(2 ** 31), 2 ** 31)]],
    gradient: false,
  },
  {
    kernel: 'AvgPoolGrad',
    what: 'of everything',
    run: (x) => tf.avgPool(x as Image, [3, 4], 1, 'valid'),
    inputs: [floats([2, 3, 4, 2])],
  },
];
