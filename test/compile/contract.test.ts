import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import * as ort from 'onnxruntime-node';
import { jit } from '../../lib/compile/jit';
import { revisionOf } from '../../lib/core/revision';
import { expectNoLeak } from '../leaks';
import { expectClose } from './close';

beforeAll(() => tf.setBackend('cpu'));
beforeEach(() => tf.engine().startScope());
afterEach(() => {
  tf.engine().endScope();
  tf.disposeVariables();
  jest.restoreAllMocks();
});

const numbers = (x: tf.Tensor): number[] => Array.from(x.dataSync());

describe('captured variables', () => {
  test('are read where they live, at every call', async () => {
    const w = tf.variable(tf.tensor1d([1, 2]));
    const double = jit(() => w.mul(2));
    expect(numbers(await double())).toEqual([2, 4]);
    w.dataSync()[0] = 10; // the variable's own memory
    expect(numbers(await double())).toEqual([20, 4]);
    await double.dispose();
  });

  test('are updated in place: same tensor, same memory', async () => {
    const w = tf.tidy(() => tf.variable(tf.tensor1d([1, 2])));
    const { dataId } = w;
    const memory = w.dataSync();
    const step = jit((x: tf.Tensor) => {
      w.assign(w.add(x));
      return w.sum();
    });
    expect(numbers(await step(tf.tensor1d([1, 1])))).toEqual([5]);
    expect(numbers(await step(tf.tensor1d([1, 1])))).toEqual([7]);
    expect(w.dataId).toBe(dataId);
    expect(w.dataSync()).toBe(memory);
    expect(Array.from(memory)).toEqual([3, 4]);
    await step.dispose();
  });

  test('of integers and booleans are updated too', async () => {
    const [count, flag] = [tf.variable(tf.scalar(1, 'int32')), tf.variable(tf.scalar(false, 'bool'))];
    const step = jit(() => {
      count.assign(count.add(tf.scalar(1, 'int32')));
      flag.assign(flag.logicalNot());
      return [];
    });
    await step();
    expect([...numbers(count), ...numbers(flag)]).toEqual([2, 1]);
    await step();
    expect([...numbers(count), ...numbers(flag)]).toEqual([3, 0]);
    await step.dispose();
  });

  test('assigned from outside between calls are seen, also through setWeights', async () => {
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [2] })] });
    const predict = jit((x: tf.Tensor) => model.predict(x) as tf.Tensor);
    const x = tf.tensor2d([[1, 2]]);
    await predict(x);
    model.setWeights([tf.tensor2d([[3], [4]]), tf.tensor1d([5])]);
    expect(numbers(await predict(x))).toEqual([16]);
    const w = tf.variable(tf.scalar(1));
    const read = jit(() => w.add(0));
    await read();
    w.assign(tf.scalar(7));
    expect(numbers(await read())).toEqual([7]);
    await Promise.all([predict.dispose(), read.dispose()]);
  });

  test('assigned twice in a call keep the last value, and reads in between see the first', async () => {
    const w = tf.variable(tf.scalar(1));
    const step = jit(() => {
      w.assign(w.add(1));
      const between = w.mul(10);
      w.assign(w.add(1));
      return between;
    });
    expect(numbers(await step())).toEqual([20]);
    expect(numbers(w)).toEqual([3]);
    await step.dispose();
  });

  test('that swap their values, or take an argument or a constant, are not mixed up', async () => {
    const [a, b, c] = [1, 2, 3].map((value) => tf.variable(tf.scalar(value))) as [
      tf.Variable,
      tf.Variable,
      tf.Variable,
    ];
    const step = jit((x: tf.Tensor) => {
      const old = a.clone();
      a.assign(b.clone());
      b.assign(old);
      c.assign(x);
      return x;
    });
    await step(tf.scalar(9));
    expect([a, b, c].map((variable) => numbers(variable)[0])).toEqual([2, 1, 9]);
    await step.dispose();
  });
});

test('variables and tensors of another backend, which does not share its memory, are read and updated too', async () => {
  await tf.setBackend('wasm');
  const w = tf.variable(tf.tensor1d([1, 2]));
  const [count, flag] = [tf.variable(tf.scalar(1, 'int32')), tf.variable(tf.scalar(false, 'bool'))];
  const captured = tf.tensor1d([10, 20]);
  const step = jit((x: tf.Tensor) => {
    w.assign(w.add(x));
    count.assign(count.add(tf.scalar(1, 'int32')));
    flag.assign(flag.logicalNot());
    return w.mul(captured);
  });
  expect(numbers(await step(tf.tensor1d([1, 1])))).toEqual([20, 60]);
  expect(numbers(await step(tf.tensor1d([1, 1])))).toEqual([30, 80]);
  expect([...numbers(w), ...numbers(count), ...numbers(flag)]).toEqual([3, 4, 3, 0]);
  expect(tf.getBackend()).toBe('wasm');
  await step.dispose();
  tf.dispose([w, count, flag, captured]);
  await tf.setBackend('cpu');
});

test('captured tensors stay where they were', async () => {
  const captured = tf.tensor1d([1, 2]);
  const { dataId } = captured;
  const add = jit((x: tf.Tensor) => x.add(captured));
  await add(tf.tensor1d([1, 1]));
  expect(captured.dataId).toBe(dataId);
  expect(numbers(captured)).toEqual([1, 2]);
  await add.dispose();
});

test('results belong to the caller: the next call leaves them alone', async () => {
  const double = jit((x: tf.Tensor) => x.mul(2));
  const first = await double(tf.tensor1d([1, 2]));
  await double(tf.tensor1d([5, 6]));
  expect(numbers(first)).toEqual([2, 4]);
  await double.dispose();
});

describe('programs', () => {
  const sessions = () => jest.spyOn(ort.InferenceSession, 'create');

  test('are made once per shape and dtype of the arguments', async () => {
    const create = sessions();
    const double = jit((x: tf.Tensor) => x.mul(x));
    for (const x of [
      tf.ones([2]),
      tf.ones([2]),
      tf.ones([3]),
      tf.ones([2], 'int32'),
      tf.ones([1, 2]),
      tf.ones([3]),
    ]) {
      expectClose(await double(x), x.mul(x));
    }
    expect(create).toHaveBeenCalledTimes(4);
    await double.dispose();
  });

  test('are made again when the revision changes, and found again when it changes back', async () => {
    const create = sessions();
    let factor = 2;
    const scale = jit((x: tf.Tensor) => x.mul(factor), { revision: () => `${factor}` });
    expect(numbers(await scale(tf.scalar(1)))).toEqual([2]);
    factor = 3;
    expect(numbers(await scale(tf.scalar(1)))).toEqual([3]);
    factor = 2;
    expect(numbers(await scale(tf.scalar(1)))).toEqual([2]);
    expect(create).toHaveBeenCalledTimes(2);
    await scale.dispose();
  });

  test('follow a model that is frozen', async () => {
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [2] })] });
    const variables = () =>
      model.trainableWeights.map((weight) => (weight as unknown as { val: tf.Variable }).val);
    const gradients = jit(
      (x: tf.Tensor) => {
        const loss = () => (model.apply(x) as tf.Tensor).sum() as tf.Scalar;
        return variables().length > 0 ? tf.variableGrads(loss, variables()).grads : { loss: loss() };
      },
      { revision: () => revisionOf(model) },
    );
    expect(Object.keys(await gradients(tf.ones([1, 2])))).toEqual(variables().map(({ name }) => name));
    model.layers[0]!.trainable = false;
    expect(Object.keys(await gradients(tf.ones([1, 2])))).toEqual(['loss']);
    await gradients.dispose();
  });

  test('beyond the limit are released, the one unused for longest first', async () => {
    const create = sessions();
    const double = jit((x: tf.Tensor) => x.mul(2), { maxPrograms: 2 });
    await double(tf.ones([1]));
    await double(tf.ones([2]));
    const released = await Promise.all(
      create.mock.results.map(({ value }) => value as Promise<ort.InferenceSession>),
    );
    const release = released.map((session) => jest.spyOn(session, 'release'));
    await double(tf.ones([1]));
    await double(tf.ones([3])); // now [2] goes
    expect(release.map((spy) => spy.mock.calls.length)).toEqual([0, 1]);
    await double.dispose();
    expect(release.map((spy) => spy.mock.calls.length)).toEqual([1, 1]);
  });

  test('in use are not released by calls at the same time', async () => {
    const double = jit((x: tf.Tensor) => x.mul(2), { maxPrograms: 1 });
    const results = await Promise.all([1, 2, 3, 1].map((size) => double(tf.ones([size]))));
    expect(results.map(({ size }) => size)).toEqual([1, 2, 3, 1]);
    await double.dispose();
  });
});

describe('leave no tensor behind', () => {
  test('in a call', () =>
    expectNoLeak(async () => {
      const f = jit((x: tf.Tensor) => [x.square().add(1), tf.grad((y) => y.exp())(x)]);
      const x = tf.tensor1d([1, 2]);
      tf.dispose([x, ...(await f(x)), ...(await f(x))]);
      await f.dispose();
    }));

  test('in a training step', () =>
    expectNoLeak(async () => {
      const w = tf.tidy(() => tf.variable(tf.scalar(1)));
      const optimizer = tf.train.sgd(0.1);
      const step = jit(() => optimizer.minimize(() => w.square() as tf.Scalar, true, [w]) as tf.Scalar);
      tf.dispose([await step(), await step()]);
      await step.dispose();
      w.dispose();
      (optimizer as unknown as { c: tf.Tensor }).c.dispose();
    }));
});
