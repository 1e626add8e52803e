import * as tf from '@tensorflow/tfjs';
import { integerMatmul } from '../../../../lib/compile/passes/integer-matmul';
import { unsignedCodes } from '../../../../lib/compile/passes/unsigned-codes';
import { scaledCodes, DerivedInput } from '../../../../lib/core/derived';
import { productBias } from '../../../../lib/export/onnx/passes/product-bias';
import { fakeQuantize } from '../../../../lib/quantization/fake-quantize';
import { uint8 } from '../../../../lib/quantization/spec';
import { scopeEachTest } from '../../../scope';
import { after, graphOf, operatorsOf, run } from './run-graph';

scopeEachTest();

const buffer = (data: Int8Array | Float32Array, shape: number[]): DerivedInput => ({
  name: 'weights',
  dtype: data instanceof Int8Array ? 'int8' : 'float32',
  shape,
  data,
  refresh: () => undefined,
});
const codes = buffer(
  Int8Array.from({ length: 12 }, (_, i) => 10 * i - 63),
  [4, 3],
);
const scales = buffer(Float32Array.of(0.25, 0.5, 1), [3]); // powers of two: sums are exact
const x = () => tf.tensor2d([-1, 0, 0.5, 3.25, 2, 1, -0.75, -2], [2, 4]);
const product = (x: tf.Tensor) =>
  fakeQuantize(x, { scale: tf.scalar(0.25), zeroPoint: tf.scalar(12) }, uint8(), { integer: true }).matMul(
    scaledCodes(codes, scales),
  );

test.each([
  ['int8', [integerMatmul]],
  ['uint8', [unsignedCodes(), integerMatmul]],
])('the bias of a product of codes is added in it: %s', async (_, rules) => {
  const before = graphOf((x) => product(x!).add(tf.tensor1d([1, -2, 3])), [2, 4]);
  const apart = after(before, ...rules);
  const joined = after(before, ...rules, productBias);
  expect(operatorsOf(apart).slice(-2)).toEqual(['MatMulIntegerToFloat', 'Add']);
  expect(operatorsOf(joined)).toEqual(operatorsOf(apart).slice(0, -1));
  expect(await run(joined, x())).toEqual(await run(apart, x()));
  const expected = x().matMul(
    tf.tensor2d(Array.from(codes.data), [4, 3]).mul(tf.tensor1d(scales.data as Float32Array)),
  );
  expect(await run(joined, x())).toEqual(expected.add(tf.tensor1d([1, -2, 3])).dataSync());
});

test.each<[string, (x: tf.Tensor) => tf.Tensor, number]>([
  [
    'a second bias',
    (x) =>
      product(x)
        .add(tf.tensor1d([1, 2, 3]))
        .add(tf.tensor1d([1, 2, 3])),
    1,
  ],
  ['a number', (x) => product(x).add(1), 1],
  ['a column', (x) => product(x).add(tf.tensor2d([1, 2], [2, 1])), 1],
  ['a matrix', (x) => product(x).add(tf.ones([2, 3])), 1],
])('%s is added after it', async (_, fn, sums) => {
  const before = graphOf((x) => fn(x!), [2, 4]);
  const joined = after(before, integerMatmul, productBias);
  expect(operatorsOf(joined).filter((op) => op === 'Add')).toHaveLength(sums);
  expect(await run(joined, x())).toEqual(await run(after(before, integerMatmul), x()));
});
