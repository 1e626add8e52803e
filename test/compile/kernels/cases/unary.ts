import * as tf from '@tensorflow/tfjs';
import { Argument, bool, float, KernelCase, values } from '../harness';

const SHAPES = [[], [5], [2, 3], [2, 3, 4]];
const SPECIAL = values([NaN, Infinity, -Infinity, 0, -0, 0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 7, -7]);

/** Over several shapes of floats in an interval, and beside them. */
const over = (low: number, high: number, ...more: Argument[]): Argument[][] => [
  ...SHAPES.map((shape) => [float(shape, low, high)]),
  ...more.map((argument) => [argument]),
];

type Row = readonly [kernel: string, run: (x: tf.Tensor) => tf.Tensor, inputs: Argument[][]];

const INTEGERS = values([-5, -1, 0, 1, 2, 9], 'int32');
const BOOLEANS = values([0, 1], 'bool');

const elementwise: Row[] = [
  ['Neg', (x) => x.neg(), over(-2, 2, SPECIAL)],
  ['Abs', (x) => x.abs(), over(-2, 2, SPECIAL)],
  ['Exp', (x) => x.exp(), over(-2, 2, SPECIAL)],
  ['Expm1', (x) => x.expm1(), over(-2, 2, SPECIAL)],
  ['Log', (x) => x.log(), over(0.1, 3, SPECIAL)],
  ['Log1p', (x) => x.log1p(), over(-0.9, 3, SPECIAL)],
  ['Sqrt', (x) => x.sqrt(), over(0.1, 3)],
  ['Rsqrt', (x) => x.rsqrt(), over(0.1, 3)],
  ['Reciprocal', (x) => x.reciprocal(), over(0.2, 3, SPECIAL)],
  ['Square', (x) => x.square(), over(-2, 2, SPECIAL)],
  ['Erf', (x) => x.erf(), over(-3, 3)],
  ['Sin', (x) => x.sin(), over(-4, 4)],
  ['Cos', (x) => x.cos(), over(-4, 4)],
  ['Tan', (x) => x.tan(), over(-1, 1)],
  ['Asin', (x) => x.asin(), over(-0.9, 0.9)],
  ['Acos', (x) => x.acos(), over(-0.9, 0.9)],
  ['Atan', (x) => x.atan(), over(-4, 4)],
  ['Sinh', (x) => x.sinh(), over(-2, 2)],
  ['Cosh', (x) => x.cosh(), over(-2, 2)],
  ['Tanh', (x) => x.tanh(), over(-2, 2, SPECIAL)],
  ['Asinh', (x) => x.asinh(), over(-2, 2)],
  ['Acosh', (x) => x.acosh(), over(1.1, 3)],
  ['Atanh', (x) => x.atanh(), over(-0.9, 0.9)],
  ['Sigmoid', (x) => x.sigmoid(), over(-4, 4, SPECIAL)],
  ['Softplus', (x) => x.softplus(), over(-4, 4)],
  ['Relu', (x) => x.relu(), over(-2, 2, SPECIAL)],
  ['Relu6', (x) => x.relu6(), over(-2, 8, SPECIAL)],
  ['LeakyRelu', (x) => x.leakyRelu(0.3), over(-2, 2, SPECIAL)],
  ['Elu', (x) => x.elu(), over(-2, 2)],
  ['EluGrad', (x) => x.elu(), over(-2, 2, SPECIAL)],
  ['Selu', (x) => x.selu(), over(-2, 2)],
  ['ClipByValue', (x) => x.clipByValue(-1, 0.5), over(-2, 2, SPECIAL)],
  ['Step', (x) => x.step(), over(-2, 2, SPECIAL)],
  ['Step', (x) => x.step(-0.25), over(-2, 2, SPECIAL)],
  ['Round', (x) => x.round(), over(-4, 4, SPECIAL)],
  ['Floor', (x) => x.floor(), over(-4, 4, SPECIAL)],
  ['Ceil', (x) => x.ceil(), over(-4, 4, SPECIAL)],
  ['Sign', (x) => x.sign(), over(-2, 2)],
  ['Identity', (x) => x.clone(), over(-2, 2, SPECIAL)],
  ['ZerosLike', (x) => x.mul(x.zerosLike()), over(-2, 2)],
  ['OnesLike', (x) => x.mul(x.onesLike()), over(-2, 2)],
];

const integer: Row[] = [
  ['Neg', (x) => x.neg(), [[INTEGERS], [BOOLEANS]]],
  ['Abs', (x) => x.abs(), [[INTEGERS], [BOOLEANS]]],
  ['Square', (x) => x.square(), [[INTEGERS], [BOOLEANS]]],
  ['Relu', (x) => x.relu(), [[INTEGERS], [BOOLEANS]]],
  ['Relu6', (x) => x.relu6(), [[INTEGERS], [BOOLEANS]]],
  ['ClipByValue', (x) => x.clipByValue(-1, 2), [[INTEGERS], [BOOLEANS]]],
  ['Step', (x) => x.step(), [[INTEGERS], [BOOLEANS]]],
  ['Round', (x) => x.round(), [[INTEGERS], [BOOLEANS]]],
  ['Sign', (x) => x.sign(), [[INTEGERS], [BOOLEANS]]],
  ['Exp', (x) => x.exp(), [[INTEGERS], [BOOLEANS]]],
  ['Erf', (x) => x.erf(), [[INTEGERS]]],
  ['LeakyRelu', (x) => x.leakyRelu(0.3), [[INTEGERS], [BOOLEANS]]],
  ['Selu', (x) => x.selu(), [[INTEGERS], [BOOLEANS]]],
  ['Softplus', (x) => x.softplus(), [[INTEGERS], [BOOLEANS]]],
  ['Reciprocal', (x) => x.reciprocal(), [[INTEGERS], [BOOLEANS]]], // numpy's are cut, too
  ['ZerosLike', (x) => x.zerosLike(), [[INTEGERS], [bool([4])]]],
  ['OnesLike', (x) => x.onesLike(), [[INTEGERS], [bool([4])]]],
  ['Identity', (x) => x.clone(), [[INTEGERS], [bool([4])]]],
];

const tests: Row[] = [
  ['IsNan', (x) => x.isNaN(), [[SPECIAL], [INTEGERS]]],
  ['IsInf', (x) => x.isInf(), [[SPECIAL], [INTEGERS]]],
  ['IsFinite', (x) => x.isFinite(), [[SPECIAL], [INTEGERS]]],
  ['LogicalNot', (x) => x.logicalNot(), [[bool([5])], [bool([2, 3])]]],
];

const rows = (table: readonly Row[], gradient: boolean, what?: string): KernelCase[] =>
  table.map(([kernel, run, inputs]) => ({ kernel, what, run, inputs, gradient }));

export const unaryCases: KernelCase[] = [
  ...rows(elementwise, true),
  ...rows(integer, false, 'of integers and booleans'),
  ...rows(tests, false),
  {
    kernel: 'Sqrt',
    what: 'beyond its domain',
    run: (x) => x.sqrt(),
    inputs: [[SPECIAL]],
    gradient: false,
  },
  {
    kernel: 'Rsqrt',
    what: 'beyond its domain',
    run: (x) => x.rsqrt(),
    inputs: [[values([NaN, Infinity, 0, 4])]],
    gradient: false,
  },
];
