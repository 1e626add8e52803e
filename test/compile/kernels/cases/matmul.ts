import * as tf from '@tensorflow/tfjs';
import { float, floats, int, KernelCase } from '../harness';

const FUSED = ['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu', 'prelu'] as const;

export const matmulCases: KernelCase[] = [
  {
    kernel: 'BatchMatMul',
    run: (a, b) => tf.matMul(a!, b!),
    inputs: [floats([2, 3], [3, 4]), floats([5, 2, 3], [5, 3, 4]), floats([3, 2, 2, 3], [3, 2, 3, 1])],
  },
  {
    kernel: 'BatchMatMul',
    what: 'of a broadcast batch',
    run: (a, b) => tf.matMul(a!, b!),
    inputs: [floats([5, 2, 3], [1, 3, 4]), floats([2, 3], [5, 3, 4])],
    gradient: false, // tfjs's own gradient has another shape
  },
  {
    kernel: 'BatchMatMul',
    what: 'transposed',
    run: (a, b) => tf.matMul(a!, b!, true, true),
    inputs: [floats([3, 2], [4, 3]), floats([2, 3, 2], [2, 4, 3])],
  },
  {
    kernel: 'BatchMatMul',
    what: 'with one operand transposed',
    run: (a, b) => [tf.matMul(a!, b!, true, false), tf.matMul(a!, b!, false, true)],
    inputs: [floats([3, 3], [3, 3])],
  },
  {
    kernel: 'BatchMatMul',
    what: 'of integers',
    run: (a, b) => [tf.matMul(a!, b!), tf.matMul(a!, b!, true, true), tf.matMul(a!, b!, false, true)],
    inputs: [
      [int([3, 3]), int([3, 3], -5, 6, 12)],
      [int([2, 3, 3]), int([2, 3, 3], -5, 6, 12)],
    ],
  },
  {
    kernel: 'BatchMatMul',
    what: 'of integers by floats, as in a dense layer',
    run: (a, b) => tf.matMul(a!, b!),
    inputs: [
      [int([2, 3]), float([3, 4])],
      [int([5, 2, 3]), float([5, 3, 4])],
    ],
  },
  { kernel: 'BatchMatMul', what: 'of vectors', run: (a, b) => tf.dot(a!, b!), inputs: [floats([3], [3])] },
  ...FUSED.map((activation) => ({
    kernel: '_FusedMatMul',
    what: activation,
    run: ([a, b, bias, alpha]: tf.Tensor[]) =>
      tf.fused.matMul({
        a: a as tf.Tensor2D,
        b: b as tf.Tensor2D,
        bias,
        activation,
        leakyreluAlpha: 0.1,
        preluActivationWeights: activation === 'prelu' ? alpha : undefined,
      }),
  })).map(({ run, ...rest }) => ({
    ...rest,
    run: (...xs: tf.Tensor[]) => run(xs),
    inputs: [floats([2, 3], [3, 4], [4], [1, 4])],
    gradient: false, // tfjs does not fuse where gradients are taken
  })),
];
