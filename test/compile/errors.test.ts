import * as tf from '@tensorflow/tfjs';
import { jit } from '../../lib/compile/jit';
import { UserError } from '../../lib/core/errors';

type Fn = (x: tf.Tensor) => tf.Tensor;

let w: tf.Variable;
let x: tf.Tensor;

beforeAll(() => tf.setBackend('cpu'));
beforeEach(() => {
  w = tf.tidy(() => tf.variable(tf.tensor1d([3, 4])));
  x = tf.tensor1d([1, 2]);
});
afterEach(() => {
  w.dispose();
  x.dispose();
});

/** Calling `fn` compiled fails, and leaves the backend, the variables and the number of tensors as they were. */
async function failure(fn: Fn): Promise<Error> {
  const before = { ...state(), memory: w.dataSync() };
  const compiled = jit((y: tf.Tensor) => {
    w.assign(w.mul(2)); // must not last
    return fn(y);
  });
  const error = await compiled(x).then(
    () => new Error('It did not fail.'),
    (reason: Error) => reason,
  );
  expect(state()).toEqual({
    backend: before.backend,
    variables: before.variables,
    tensors: before.tensors,
    values: [3, 4],
  });
  expect(w.dataSync()).toBe(before.memory);
  expect(Array.from(tf.tidy(() => w.add(1)).dataSync())).toEqual([4, 5]);
  return error;
}

function state() {
  return {
    backend: tf.getBackend(),
    variables: Object.keys(tf.engine().registeredVariables),
    tensors: tf.memory().numTensors,
    values: Array.from(w.dataSync()),
  };
}

let count = 0;

test.each<[string, Fn, RegExp]>([
  [
    'a kernel without a mapping',
    (y) => tf.unique(y).values,
    /kernel "Unique" has no ONNX mapping.*run it eagerly/,
  ],
  [
    'a form without a mapping',
    (y) => tf.depthToSpace(y.tile([2]).reshape([1, 4, 1, 1]) as tf.Tensor4D, 2, 'NCHW'),
    /depthToSpace with dataFormat NCHW has no ONNX mapping/,
  ],
  [
    'a 3D pooling with more padding than window',
    (y) => tf.maxPool3d(y.reshape([1, 1, 1, 2, 1]) as tf.Tensor5D, 1, 1, 1),
    /3D pooling with a padding that is not smaller than its window has no ONNX mapping/,
  ],
  [
    'maxPoolWithArgmax with more padding than window',
    (y) => tf.maxPoolWithArgmax(y.reshape([1, 1, 2, 1]) as tf.Tensor4D, 1, 1, 1)['result']!,
    /maxPoolWithArgmax with a padding that is not smaller than its window has no ONNX mapping/,
  ],
  [
    'another one',
    (y) => tf.conv2d(y.reshape([1, 1, 1, 2]) as tf.Tensor4D, tf.ones([1, 1, 1, 1]), 1, 0, 'NCHW'),
    /dataFormat NCHW has no ONNX mapping/,
  ],
  [
    'a 3D convolution that tfjs lets start within the volume',
    (y) => tf.conv3d(y.reshape([1, 1, 1, 2, 1]) as tf.Tensor5D, tf.ones([1, 1, 1, 1, 1]), [1, 1, 3], 'same'),
    /3D convolution with strides above its sizes and padding "same" has no ONNX mapping/,
  ],
  ['a read of a value', (y) => y.mul(y.dataSync()[0]!), /value of a traced tensor was read/],
  ['a read of nested values', (y) => tf.tensor(y.mul(2).arraySync()), /value of a traced tensor was read/],
  ['a print', (y) => (y.print(), y), /value of a traced tensor was read/],
  ['a read of an assigned variable', (y) => y.mul(w.dataSync()[0]!), /value of a traced tensor was read/],
  [
    'stock dropout outside of a training',
    (y) => tf.layers.dropout({ rate: 0.5 }).apply(y, { training: true }) as tf.Tensor,
    /freeze tf\.dropout.*`train` run the stock layers.*dropout layer/,
  ],
  ['tf.dropout', (y) => tf.dropout(y, 0.5), /freeze tf\.dropout/],
  ['tf.randomUniform', (y) => y.mul(tf.randomUniform([2])), /freeze tf\.randomUniform.*used by Mul/],
  ['tf.randomNormal', (y) => y.add(tf.randomNormal([2])), /freeze tf\.randomNormal.*used by Add/],
  ['a random number', (y) => y.mul(Math.random()), /freeze a host value.*used by Mul.*as an argument/],
  ['a step count', (y) => y.mul(++count), /freeze a host value.*used by Mul/],
  [
    'a step count as an attribute',
    (y) => y.leakyRelu(++count / 1000),
    /freeze a host value.*used by LeakyRelu/,
  ],
  [
    'a step count as an axis',
    (y) => y.reshape([1, 2]).sum(++count % 2),
    /freeze a host value.*used by ReduceSum/,
  ],
  ['a branch that flips', (y) => (++count % 2 ? y.sub(w) : w.sub(y)), /freeze a host value.*used by Sub/],
  [
    'a loop that grows',
    (y) => Array.from({ length: ++count }).reduce<tf.Tensor>((z) => z.exp(), y),
    /freeze a host value/,
  ],
  ['a promise', (async (y: tf.Tensor) => y.mul(2)) as unknown as Fn, /returned a promise/],
  [
    'a promise that reads',
    (async (y: tf.Tensor) => y.mul((await y.data())[0]!)) as unknown as Fn,
    /returned a promise/,
  ],
  [
    'a variable made inside',
    (y) => y.mul(tf.variable(tf.tensor1d([1, 2]), true, 'inner')),
    /made the variable "inner".*before compiling/,
  ],
  [
    'a variable made of a traced value',
    (y) => y.mul(tf.variable(y, true, 'inner')),
    /made the variable "inner"/,
  ],
  ['a number returned', () => 3 as unknown as tf.Tensor, /must return a tensor/],
  ['nothing returned', (() => undefined) as unknown as Fn, /must return a tensor/],
  ['null returned', (() => null) as unknown as Fn, /must return a tensor/],
  ['a number among tensors', (y) => [y, 3] as unknown as tf.Tensor, /must return a tensor/],
])('%s is a user error that says what to do', async (_, fn, message) => {
  const error = await failure(fn);
  expect(error).toBeInstanceOf(UserError);
  expect(error.message).toMatch(message);
});

test("the function's own error comes through", async () => {
  const error = await failure(() => {
    throw new RangeError('mine');
  });
  expect(error).toEqual(new RangeError('mine'));
});

test.each<[string, Fn, RegExp]>([
  ['a broadcast', (y) => y.add(tf.ones([3])), /could not be broadcast/],
  ['a reshape', (y) => y.reshape([5]), /must match/],
  [
    'a matmul',
    (y) => tf.matMul(y.reshape([1, 2]), tf.ones([3, 1])),
    /inner sizes match, got \[1, 2\] and \[3, 1\]/,
  ],
  ['a matmul of vectors', (y) => tf.matMul(y, y), /expected matrices.*got \[2\] and \[2\]/],
  [
    'the batch of a matmul',
    (y) => tf.matMul(y.reshape([2, 1, 1]), tf.ones([3, 1, 1])),
    /could not be broadcast/,
  ],
  ['a new axis', (y) => y.expandDims(-4), /expandDims: expected an axis in \[-2, 1\], got -4/],
  ['a stack', (y) => tf.stack([y, tf.ones([3])]), /stack: .*got float32 \[2\] and float32 \[3\]/],
  [
    'dtypes of a stack',
    (y) => tf.stack([y, tf.ones([2], 'int32')]),
    /stack: .*got float32 \[2\] and int32 \[2\]/,
  ],
  ["a stack's axis", (y) => tf.stack([y, y], -4), /stack: expected an axis in \[-2, 1\], got -4/],
  ["a running sum's axis", (y) => y.cumsum(5), /cumsum: expected an axis in \[-1, 0\], got 5/],
  ['a transposition', (y) => y.reshape([1, 2]).transpose([0, 0]), /axes repeat in \[0,0\]/],
  ['paddings', (y) => y.pad([[1, 1], [1, 1]]), /pad: expected 1 pairs for \[2\], got 2/], // prettier-ignore
  [
    'ids of segments',
    (y) => tf.unsortedSegmentSum(y, tf.tensor1d([0], 'int32'), 2),
    /an id for each row of \[2\], got ids \[1\]/,
  ],
  ['a transposed matmul', (y) => tf.matMul(y.reshape([1, 2]), tf.ones([2, 1]), true), /\[1, 2\] transposed/],
  ['a concatenation', (y) => tf.concat([y.reshape([1, 2]), tf.ones([1, 3])]), /does not match/],
  ['a slice', (y) => y.slice([1], [4]), /slice/],
])('shapes that do not fit in %s fail while tracing, with a plain error', async (_, fn, message) => {
  expect((await failure(fn)).message).toMatch(message);
});

test('a wrong assignment fails as it does eagerly', async () => {
  const error = await failure((y) => {
    w.assign(tf.tensor1d([1]));
    return y;
  });
  expect(error.message).toMatch(/shape of the new value/);
});

test('a function that does nothing is an error', async () => {
  const nothing = jit(() => []);
  await expect(nothing()).rejects.toThrow(/returns no tensor and assigns no variable/);
});

test('a failed compilation is not kept: the next call compiles anew', async () => {
  let broken = true;
  const fn = jit((y: tf.Tensor) => (broken ? tf.unique(y).values : y.mul(2)));
  await expect(fn(x)).rejects.toThrow(UserError);
  broken = false;
  const result = await fn(x);
  expect(Array.from(result.dataSync())).toEqual([2, 4]);
  result.dispose();
  await fn.dispose();
});

test('an index out of range fails in the run, and the program serves on', async () => {
  const pick = jit((ids: tf.Tensor) => tf.gather(tf.tensor1d([5, 6]), ids as tf.Tensor1D));
  const call = (id: number) => {
    const ids = tf.tensor1d([id], 'int32');
    return pick(ids).finally(() => ids.dispose());
  };
  await expect(call(7)).rejects.toThrow(/out of (data )?bounds/);
  const result = await call(1);
  expect(Array.from(result.dataSync())).toEqual([6]);
  result.dispose();
  await pick.dispose();
});
