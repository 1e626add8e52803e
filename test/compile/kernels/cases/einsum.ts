import * as tf from '@tensorflow/tfjs';
import { Argument, float, floats, int, KernelCase } from '../harness';

const EQUATIONS: [equation: string, inputs: Argument[]][] = [
  ['ij,jk->ik', floats([2, 3], [3, 4])],
  ['ij,jk->ik', [int([2, 3]), int([3, 2], -5, 6, 12)]],
  ['ij,jk->ik', [int([2, 3]), float([3, 2])]],
  [' bqhd , bkhd -> bhqk ', floats([2, 3, 2, 4], [2, 5, 2, 4])],
  ['ij->ji', floats([2, 3])],
  ['ij->', floats([2, 3])],
  ['i,j->ij', floats([2], [3])],
];

export const einsumCases: KernelCase[] = EQUATIONS.map(([equation, inputs]) => ({
  kernel: 'Einsum',
  what: equation,
  run: (...xs) => tf.einsum(equation, ...xs),
  inputs: [inputs],
  gradient: false, // tfjs has none
}));
