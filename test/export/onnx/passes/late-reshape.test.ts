import * as tf from '@tensorflow/tfjs';
import { lateReshape } from '../../../../lib/export/onnx/passes/late-reshape';
import { scopeEachTest } from '../../../scope';
import { after, graphOf, operatorsOf, run } from './run-graph';

scopeEachTest();

const x = () => tf.randomNormal([2, 3, 4], 0, 1, 'float32', 1);
const matrix = () => tf.randomNormal([4, 5], 0, 1, 'float32', 2);
const vector = () => tf.randomNormal([5], 0, 1, 'float32', 3);

async function expectSame(fn: (...xs: tf.Tensor[]) => tf.Tensor, xs: tf.Tensor[], operators: string[]) {
  const before = graphOf(fn, ...xs.map(({ shape }) => shape));
  const rewritten = after(before, lateReshape);
  expect(operatorsOf(rewritten)).toEqual(operators);
  expect(rewritten.outputs.map(({ shape }) => shape)).toEqual(before.outputs.map(({ shape }) => shape));
  expect(await run(rewritten, ...xs)).toEqual(await run(before, ...xs));
}

test('a dense layer on three axes is a product, a sum and an activation on three axes', async () => {
  const fn = (x: tf.Tensor, w: tf.Tensor, b: tf.Tensor) =>
    tf.relu(x.reshape([6, 4]).matMul(w).add(b)).reshape([2, 3, 5]);
  await expectSame(fn as never, [x(), matrix(), vector()], ['MatMul', 'Add', 'Relu']);
});

test('also with the kernel that tfjs fuses, which has a batch axis of its own', async () => {
  const fn = (x: tf.Tensor, w: tf.Tensor, b: tf.Tensor) =>
    tf.fused
      .matMul({ a: x.reshape([6, 4]), b: w as tf.Tensor2D, bias: b, activation: 'sigmoid' })
      .reshape([2, 3, 5]);
  await expectSame(fn as never, [x(), matrix(), vector()], ['MatMul', 'Add', 'Sigmoid']);
});

test('a bias that was given axes of length 1 is a vector again', async () => {
  const fn = (x: tf.Tensor, b: tf.Tensor) =>
    x
      .reshape([1, 6, 5])
      .add(b.reshape([1, 1, 5]))
      .reshape([2, 3, 5]);
  await expectSame(fn as never, [tf.ones([2, 3, 5]), vector()], ['Add']);
});

test('one that stays grouped is reshaped once, at the end', async () => {
  const fn = (x: tf.Tensor, w: tf.Tensor) => x.reshape([6, 4]).matMul(w);
  await expectSame(fn as never, [x(), matrix()], ['MatMul', 'Reshape']);
});

test.each<[string, (x: tf.Tensor) => tf.Tensor, string[]]>([
  ['another last axis', (x) => x.reshape([4, 6]).relu(), ['Reshape', 'Relu']],
  ['a list made a matrix', (x) => x.reshape([24]).reshape([1, 24]).relu(), ['Reshape', 'Relu']],
  ['a sum with a column', (x) => x.reshape([6, 4]).add(tf.ones([6, 1])), ['Reshape', 'Add']],
  ['a softmax of another axis', (x) => x.reshape([6, 4]).cumsum(0), ['Reshape', 'CumSum']],
])('%s is left as it is', async (_, fn, operators) => {
  await expectSame(fn, [x()], operators);
});
