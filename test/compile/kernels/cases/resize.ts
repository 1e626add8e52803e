import * as tf from '@tensorflow/tfjs';
import { floats, int, KernelCase } from '../harness';

type Image = tf.Tensor4D;

/** Larger, smaller, one of each; of one place; to one place. */
const SIZES: [image: number[], size: [number, number]][] = [
  [[2, 2, 3, 2], [4, 6]], // prettier-ignore
  [[2, 3, 2, 1], [5, 3]], // prettier-ignore
  [[1, 4, 4, 1], [2, 3]], // prettier-ignore
  [[1, 3, 3, 1], [1, 1]], // prettier-ignore
  [[1, 1, 1, 2], [3, 2]], // prettier-ignore
];
const ALIGNED = [
  [false, false],
  [true, false],
  [false, true],
] as const;

/** Values alone: of gradients the cpu backend knows only some (see edges.test.ts). */
const resizings = (kernel: string, resize: typeof tf.image.resizeBilinear): KernelCase[] =>
  SIZES.map(([image, size]) => ({
    kernel,
    what: `of [${image}] to [${size}]`,
    run: (x) => ALIGNED.map(([corners, half]) => resize(x as Image, size, corners, half)),
    inputs: [floats(image)],
    gradient: false,
  }));

export const resizeCases: KernelCase[] = [
  ...resizings('ResizeBilinear', tf.image.resizeBilinear),
  ...resizings('ResizeNearestNeighbor', tf.image.resizeNearestNeighbor),
  {
    kernel: 'ResizeNearestNeighbor',
    what: 'of integers',
    run: (x) => [
      tf.image.resizeNearestNeighbor(x as Image, [4, 3]),
      tf.image.resizeBilinear(x as Image, [4, 3]),
    ],
    inputs: [[int([1, 2, 2, 2])]],
    gradient: false,
  },
  {
    kernel: 'ResizeBilinearGrad',
    what: 'of squares',
    run: (x) => [false, true].map((corners) => tf.image.resizeBilinear(x as Image, [5, 5], corners)),
    inputs: [floats([2, 3, 3, 2])],
  },
  {
    kernel: 'ResizeNearestNeighborGrad',
    what: 'of one example',
    run: (x) => [false, true].map((corners) => tf.image.resizeNearestNeighbor(x as Image, [4, 6], corners)),
    inputs: [floats([1, 2, 3, 2])],
  },
];
