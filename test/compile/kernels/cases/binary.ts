import * as tf from '@tensorflow/tfjs';
import { Argument, bool, float, floats, int, KernelCase, values } from '../harness';

/** Pairs of shapes that broadcast in every direction. */
const PAIRS: [number[], number[]][] = [
  [[], []],
  [[4], [4]],
  [[2, 3], [3]],
  [[3], [2, 3]],
  [
    [2, 1, 4],
    [3, 1],
  ],
  [[2, 3], []],
];
const pairs = (low = -2, high = 2): Argument[][] =>
  PAIRS.map(([a, b]) => [float(a, low, high, 3), float(b, low, high, 5)]);

const ODD = [NaN, 1, NaN, Infinity, -Infinity, Infinity, 0, -0, 1, -1, 0];
const OTHER = [1, NaN, NaN, Infinity, 1, -Infinity, 0, 1, 0, -0, -3];
const SPECIAL = [values(ODD), values(OTHER)];
const INTEGERS = [int([2, 3]), int([3], -5, 6, 12)];
const BOOLEANS = [bool([2, 4]), bool([4], 14)];

type Row = readonly [
  kernel: string,
  run: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor,
  inputs: Argument[][],
  what?: string,
];

const elementwise: Row[] = [
  ['Add', (a, b) => a.add(b), [...pairs(), SPECIAL]],
  ['Sub', (a, b) => a.sub(b), [...pairs(), SPECIAL]],
  ['Multiply', (a, b) => a.mul(b), [...pairs(), SPECIAL]],
  ['RealDiv', (a, b) => a.div(b), pairs(0.5, 2)],
  ['Maximum', (a, b) => a.maximum(b), [floats([2, 3], [2, 3]), SPECIAL]],
  ['Minimum', (a, b) => a.minimum(b), [floats([2, 3], [2, 3]), SPECIAL]],
  ['Pow', (a, b) => a.pow(b), pairs(0.5, 2)],
  ['SquaredDifference', (a, b) => a.squaredDifference(b), [floats([2, 3], [2, 3]), floats([], [])]],
  ['Mod', (a, b) => a.mod(b), pairs(0.5, 4)],
  ['Atan2', (a, b) => tf.atan2(a, b), [...pairs(), [values([1, 1, -1, -1, 0]), values([1, -1, 1, -1, -2])]]],
  ['Prelu', (a, b) => tf.prelu(a, b), [floats([2, 3], [3]), floats([2, 3], [2, 3]), floats([4], [1])]],
];

// Where these broadcast, tfjs's own gradients have another shape.
const valuesOnly: Row[] = [
  ['Maximum', (a, b) => a.maximum(b), pairs(), 'broadcast'],
  ['Minimum', (a, b) => a.minimum(b), pairs(), 'broadcast'],
  ['SquaredDifference', (a, b) => a.squaredDifference(b), pairs(), 'broadcast'],
  ['Add', (a, b) => a.add(b), [INTEGERS], 'of integers'],
  ['Sub', (a, b) => a.sub(b), [INTEGERS], 'of integers'],
  ['Multiply', (a, b) => a.mul(b), [INTEGERS, BOOLEANS], 'of integers and booleans'],
  ['Maximum', (a, b) => a.maximum(b), [INTEGERS, BOOLEANS], 'of integers and booleans'],
  ['Minimum', (a, b) => a.minimum(b), [INTEGERS, BOOLEANS], 'of integers and booleans'],
  ['SquaredDifference', (a, b) => a.squaredDifference(b), [INTEGERS], 'of integers'],
  ['Pow', (a, b) => a.pow(b), [[int([6]), int([6], 0, 5)]], 'of integers'],
  ['Pow', (a, b) => a.pow(b), [[values([-8, 0, 0, -2, 2]), values([1 / 3, 0, -1, 3, NaN])]], 'at its edges'],
  ['RealDiv', (a, b) => a.div(b), [SPECIAL], 'by zero'],
  ['RealDiv', (a, b) => a.div(b), [BOOLEANS], 'of booleans'],
  ['Mod', (a, b) => a.mod(b), [BOOLEANS], 'of booleans'],
  ['FloorDiv', (a, b) => a.floorDiv(b), [BOOLEANS], 'of booleans'],
  ['SquaredDifference', (a, b) => a.squaredDifference(b), [BOOLEANS], 'of booleans'],
  [
    'Pow',
    (a, b) => a.pow(b),
    [[values([0, 0, 2, -2, 1, -1], 'int32'), values([-1, -2, -1, -3, -4, -5], 'int32')]],
    'of integers to negative powers, of which numpy has none',
  ],
  [
    'Prelu',
    (a, b) => tf.prelu(a, b),
    [INTEGERS, BOOLEANS, [int([2, 3]), float([3])]],
    'of integers and booleans',
  ],
  ['FloorDiv', (a, b) => a.div(b), [INTEGERS], 'of integers, some zero'],
  [
    'FloorDiv',
    (a, b) => a.div(b),
    [[values([7, -7, 7, -7, 16777217, -2147483648], 'int32'), values([2, 2, -2, -2, 1, -1], 'int32')]],
    'of negative and large integers',
  ],
  ['FloorDiv', (a, b) => a.floorDiv(b), [...pairs(0.5, 4), SPECIAL, [values([1, 3]), values([0.1, 0.3])]]],
  [
    'Mod',
    (a, b) => a.mod(b),
    [
      [values([5, -5, 5, -5, 4], 'int32'), values([3, 3, -3, -3, 2], 'int32')],
      [values([5.5, -5.5, 5.5, -5.5]), values([3, 3, -3, -3])],
    ],
    'of either sign',
  ],
  ['Greater', (a, b) => a.greater(b), [...pairs(), SPECIAL, INTEGERS, BOOLEANS]],
  ['GreaterEqual', (a, b) => a.greaterEqual(b), [...pairs(), SPECIAL, INTEGERS, BOOLEANS]],
  ['Less', (a, b) => a.less(b), [...pairs(), SPECIAL, INTEGERS, BOOLEANS]],
  ['LessEqual', (a, b) => a.lessEqual(b), [...pairs(), SPECIAL, INTEGERS, BOOLEANS]],
  ['Equal', (a, b) => a.equal(b), [SPECIAL, INTEGERS, BOOLEANS]],
  ['NotEqual', (a, b) => a.notEqual(b), [SPECIAL, INTEGERS, BOOLEANS]],
  ['LogicalAnd', (a, b) => a.logicalAnd(b), [BOOLEANS]],
  ['LogicalOr', (a, b) => a.logicalOr(b), [BOOLEANS]],
];

const rows = (table: readonly Row[], gradient: boolean): KernelCase[] =>
  table.map(([kernel, run, inputs, what]) => ({
    kernel,
    what,
    run: run as KernelCase['run'],
    inputs,
    gradient,
  }));

export const binaryCases: KernelCase[] = [...rows(elementwise, true), ...rows(valuesOnly, false)];
