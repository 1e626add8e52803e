import * as tf from '@tensorflow/tfjs';
import { jit } from '../../../lib/compile/jit';

// Where tfjs's cpu backend is no oracle: every expected value here is numpy's (2.4.6), of the function that is named, on these inputs.

type Run = (...xs: tf.Tensor[]) => tf.Tensor | tf.Tensor[];
type Row = readonly [numpy: string, run: Run, inputs: tf.Tensor[], dtype: string, expected: number[]];

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
const float = (...numbers: number[]) => tf.tensor1d(numbers);
const int = (...numbers: number[]) => tf.tensor1d(numbers, 'int32');
const bool = (...numbers: number[]) => tf.tensor1d(numbers, 'bool');

beforeAll(() => tf.setBackend('cpu'));

/** Within six units in the last place of each element, however small. */
function expectNear(actual: tf.Tensor, dtype: string, expected: readonly number[]): void {
  const numbers = Array.from(actual.dataSync());
  const wrong = numbers.findIndex((x, i) => !isNear(x, expected[i]!));
  expect({ dtype: actual.dtype, length: numbers.length }).toEqual({ dtype, length: expected.length });
  if (wrong >= 0) throw new Error(`Element ${wrong}: ${numbers[wrong]} instead of ${expected[wrong]}`);
}

const isNear = (x: number, expected: number): boolean =>
  Number.isFinite(expected) ? Math.abs(x - expected) <= 4e-7 * Math.abs(expected) : Object.is(x, expected);

/** Compiled, a row's function has numpy's values. */
async function expectNumpy([, run, xs, dtype, expected]: Row): Promise<void> {
  const compiled = jit(run, { threads: 1 });
  const results = [(await compiled(...xs)) as tf.Tensor | tf.Tensor[]].flat();
  expectNear(tf.concat(results.map((y) => y.flatten())), dtype, expected);
  await compiled.dispose();
}

const slope =
  (fn: (x: tf.Tensor) => tf.Tensor): Run =>
  (x) =>
    tf.grad((y) => fn(y).sum())(x!);
const largest: Run = (x) => tf.topk(x!, 3).values;
const places: Run = (x) => [x!.argMax(), x!.argMin()];
const WHOLE = [-2, -1, 0, 1, 2];
/** The first NaN is far from the end, where onnxruntime's own comparison forgets it. */
const LONG = [3, 1, 4, 1, 5, 9, 2, 6, nan, 5, 3, 5, nan, 8, 9, 7, 9];

/** Each element by its number, from 1 on: so gradients tell places apart. */
const weighted = (y: tf.Tensor): tf.Tensor => y.mul(tf.range(1, y.size + 1).reshape(y.shape));

/**
 * Gradients of images [2, 2, 3, 1] that become [2, 3, 4, 1], of the sums that `weighted` makes: by numpy, differences of the maps that
 * the definitions say. tfjs's cpu backend has others from the second example on, of half pixels, and none of images that are no squares.
 */
const RESIZED: [
  what: string,
  resize: (x: tf.Tensor4D, size: [number, number]) => tf.Tensor,
  expected: number[],
][] = [
  [
    'nearest',
    (x, size) => tf.image.resizeNearestNeighbor(x, size),
    [14, 10, 12, 19, 11, 12, 62, 34, 36, 43, 23, 24],
  ],
  [
    'nearest, corners',
    (x, size) => tf.image.resizeNearestNeighbor(x, size, true),
    [1, 5, 4, 14, 34, 20, 13, 29, 16, 38, 82, 44],
  ],
  [
    'nearest, half pixels',
    (x, size) => tf.image.resizeNearestNeighbor(x, size, false, true),
    [1, 5, 4, 14, 34, 20, 13, 29, 16, 38, 82, 44],
  ],
  [
    'bilinear',
    (x, size) => tf.image.resizeBilinear(x, size),
    [11 / 3, 17 / 3, 28 / 3, 95 / 6, 55 / 3, 151 / 6, 71 / 3, 77 / 3, 100 / 3, 245 / 6, 130 / 3, 331 / 6],
  ],
  [
    'bilinear, corners',
    (x, size) => tf.image.resizeBilinear(x, size, true),
    [31 / 6, 23 / 3, 61 / 6, 95 / 6, 55 / 3, 125 / 6, 175 / 6, 95 / 3, 205 / 6, 239 / 6, 127 / 3, 269 / 6],
  ],
  [
    'bilinear, half pixels',
    (x, size) => tf.image.resizeBilinear(x, size, false, true),
    [5.375, 7.1875, 10.4375, 16.375, 17.1875, 21.4375, 30.125, 29.6875, 35.1875, 41.125, 39.6875, 46.1875],
  ],
];

const rows = (): Row[] => [
  [
    'log1p',
    (x) => x!.log1p(),
    [float(1e-6, -1e-6, 1e-4, 1e-10, 0.5, -0.9, -1, -2, inf, nan)],
    'float32',
    [9.9999954e-7, -1.0000005e-6, 9.9994999e-5, 1e-10, 0.40546513, -2.3025849, -inf, nan, inf, nan],
  ],
  [
    'log1p, its derivative 1 / (1 + x)',
    slope((x) => x.log1p()),
    [float(1e-6, -1e-6, 1e-4, 0.5, -0.5)],
    'float32',
    [0.999999, 1.000001, 0.99990001, 0.66666667, 2],
  ],
  [
    'expm1',
    (x) => x!.expm1(),
    [float(1e-6, -1e-6, 1e-4, 1e-10, 0.5, -0.9, -20, 100, -inf, nan)],
    'float32',
    [1.00000045e-6, -9.99999543e-7, 1.00004996e-4, 1e-10, 0.648721278, -0.59343034, -1, inf, -1, nan],
  ],
  [
    'expm1, its derivative exp(x)',
    slope((x) => x.expm1()),
    [float(1e-6, -1e-6, 1e-4, 0.5, -0.9)],
    'float32',
    [1.000001, 0.999999, 1.0001, 1.64872127, 0.40656967],
  ],
  ['argmax, argmin', places, [float(1, nan, 3)], 'int32', [1, 1]],
  ['argmax, argmin', places, [float(nan, 1, 2)], 'int32', [0, 0]],
  ['argmax, argmin', places, [float(2, 1, nan)], 'int32', [2, 2]],
  ['argmax, argmin', places, [float(-inf, nan, inf)], 'int32', [1, 1]],
  ['argmax, argmin', places, [float(...LONG)], 'int32', [8, 8]],
  ['argmax, argmin', places, [bool(0, 1, 1)], 'int32', [1, 0]],
  ['sort, from its end', largest, [float(1, nan, 3)], 'float32', [nan, 3, 1]],
  ['sort, from its end', largest, [float(-inf, nan, inf)], 'float32', [nan, inf, -inf]],
  ['sort, from its end', largest, [float(...LONG)], 'float32', [nan, nan, 9]],
  ['sign', (x) => x!.sign(), [float(nan, -inf, 0, 2)], 'float32', [nan, -1, 0, 1]],
  [
    'power',
    (a, b) => a!.pow(b!),
    [int(3, -3, 2, 0, 7), int(20, 21, 31, 0, 11)],
    'int32',
    [-808182895, -1870418611, -2147483648, 1, 1977326743],
  ],
  [
    'mod',
    (a, b) => a!.mod(b!),
    [int(5, -5, 0, 7, -7, -2147483648), int(0, 0, 0, -3, 3, -1)],
    'int32',
    [0, 0, 0, -2, 2, 0],
  ],
  [
    'mod',
    (a, b) => a!.mod(b!),
    [float(5, -5, 5, -5, inf, 5, -1e-20), float(inf, inf, -inf, -inf, 3, 0, 3)],
    'float32',
    [5, inf, -inf, -5, nan, nan, 3],
  ],
  [
    'floor_divide',
    (a, b) => a!.floorDiv(b!),
    [int(5, -5, 0, 7, -7, -2147483648), int(0, 0, 0, -3, 3, -1)],
    'int32',
    [0, 0, 0, -3, -3, -2147483648],
  ],
  [
    'floor_divide',
    (a, b) => a!.floorDiv(b!),
    [float(-5, 5, 7, -7, 1), float(inf, -inf, 2, 2, 0.1)],
    'int32',
    [-1, -1, 3, -4, 9],
  ],
  ['exp', (x) => x!.exp(), [int(...WHOLE)], 'float32', [0.135335281, 0.36787945, 1, 2.71828175, 7.38905621]],
  [
    'expm1',
    (x) => x!.expm1(),
    [int(...WHOLE)],
    'float32',
    [-0.864664733, -0.63212055, 0, 1.71828187, 6.38905621],
  ],
  ['log1p', (x) => x!.log1p(), [int(...WHOLE)], 'float32', [nan, -inf, 0, 0.693147182, 1.09861231]],
  ['arccos', (x) => x!.acos(), [int(...WHOLE)], 'float32', [nan, 3.14159274, 1.57079637, 0, nan]],
  ['arccosh', (x) => x!.acosh(), [int(...WHOLE)], 'float32', [nan, nan, nan, 0, 1.31695796]],
  ['arcsin', (x) => x!.asin(), [int(...WHOLE)], 'float32', [nan, -1.57079637, 0, 1.57079637, nan]],
  [
    'arcsinh',
    (x) => x!.asinh(),
    [int(...WHOLE)],
    'float32',
    [-1.44363546, -0.881373584, 0, 0.881373584, 1.44363546],
  ],
  [
    'arctan',
    (x) => x!.atan(),
    [int(...WHOLE)],
    'float32',
    [-1.10714877, -0.785398185, 0, 0.785398185, 1.10714877],
  ],
  ['arctanh', (x) => x!.atanh(), [int(...WHOLE)], 'float32', [nan, -inf, 0, inf, nan]],
  ['sinh', (x) => x!.sinh(), [int(...WHOLE)], 'float32', [-3.62686038, -1.1752012, 0, 1.1752012, 3.62686038]],
  ['arccos', (x) => x!.acos(), [bool(0, 1)], 'float32', [1.57079637, 0]],
  ['sinh', (x) => x!.sinh(), [bool(0, 1)], 'float32', [0, 1.1752012]],
  ['concatenate', (a, b) => tf.concat([a!, b!]), [int(1, 2), float(1.5)], 'float32', [1, 2, 1.5]],
  ['concatenate', (a, b) => tf.concat([a!, b!]), [bool(1), int(5)], 'int32', [1, 5]],
  ['concatenate', (a, b) => tf.concat([a!, b!]), [bool(1), float(5.5)], 'float32', [1, 5.5]],
  [
    'where(x > 0, x, a * x)',
    (x, a) => tf.prelu(x!, a!),
    [float(-2), float(0.5, 1, 2)],
    'float32',
    [-1, -2, -4],
  ],
  ['arctan2', (a, b) => tf.atan2(a!, b!), [int(1, -1), int(1, 2)], 'float32', [0.785398163, -0.463647609]],
  [
    'arctan2',
    (a, b) => tf.atan2(a!, b!),
    [float(0, 0, -0, 1, -1, inf, -inf, 1, nan), float(0, -0, -0, 0, -0, inf, 1, -inf, 1)],
    'float32',
    [0, Math.PI, -Math.PI, Math.PI / 2, -Math.PI / 2, Math.PI / 4, -Math.PI / 2, Math.PI, nan],
  ],
  ...RESIZED.map(([what, resize, expected]): Row => [
    `the transposed map: ${what}`,
    slope((x) => weighted(resize(x.reshape([2, 2, 3, 1]), [3, 4]))),
    [float(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)],
    'float32',
    expected,
  ]),
  [
    'argmax of each window of a volume, 1 by 2 by 3',
    slope((x) => weighted(tf.maxPool3d(x.reshape([1, 1, 3, 4, 1]) as tf.Tensor5D, [1, 2, 3], 1, 'valid'))),
    [float(3, 1, 4, 1.5, 5, 9, 2, 6, 5.5, 3.5, 8, 7)],
    'float32',
    [0, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0, 0],
  ],
  [
    'bincount of what is inside',
    (x) => tf.bincount(x as tf.Tensor1D, tf.tensor1d([]), 2),
    [int(1, -1, 2, 1)],
    'float32',
    [0, 2],
  ],
  [
    'add.at of what is inside',
    (x, updates) => tf.scatterND(x!.reshape([3, 2]), updates!, [2, 2]).flatten(),
    [int(0, 1, 0, 2, -1, 1), float(1, 2, 4)],
    'float32',
    [0, 1, 0, 0],
  ],
  [
    'all, any',
    (x) => [x!.cast('bool').all(0), x!.cast('bool').any(0)],
    [tf.zeros([0, 2])],
    'bool',
    [1, 1, 0, 0],
  ],
  [
    'matmul of booleans',
    (a, b) => tf.matMul(a!.reshape([2, 2]), b!.reshape([2, 1])),
    [bool(1, 1, 0, 1), bool(1, 1)],
    'bool',
    [1, 1],
  ],
  [
    'matmul, batched',
    (a, b) => tf.matMul(a!.reshape([2, 1, 1, 2]), b!.reshape([3, 2, 1])),
    [float(1, 2, 3, 4), float(1, 2, 3, 4, 5, 6)],
    'float32',
    [5, 11, 17, 11, 25, 39],
  ],
  [
    '(a - m) / sqrt(v + 1e-3)',
    (x, mean, variance) => tf.batchNorm(x!.reshape([1, 3]), mean as tf.Tensor1D, variance as tf.Tensor1D),
    [int(1, 2, 3), float(2, 2, 2), float(1, 1, 1)],
    'float32',
    [-0.99950041, 0, 0.99950041],
  ],
];

test("edges of kernels are numpy's, which the cpu backend misses", async () => {
  tf.engine().startScope();
  const failed: string[] = [];
  for (const row of rows()) {
    const [numpy, , inputs] = row;
    await expectNumpy(row).catch((error: Error) =>
      failed.push(
        `${numpy}(${inputs.map((x) => `${x.dtype} ${x.dataSync()}`).join('; ')}): ${error.message}`,
      ),
    );
  }
  tf.engine().endScope();
  expect(failed).toEqual([]);
});
