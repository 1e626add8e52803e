import * as tf from '@tensorflow/tfjs';
import { jit } from '../../lib/compile/jit';
import { scaledCodes, DerivedInput, isTracing } from '../../lib/core/derived';
import { expectSameAsEager } from './close';

beforeAll(() => tf.setBackend('cpu'));
beforeEach(() => tf.engine().startScope());
afterEach(() => tf.engine().endScope());

/** A buffer of ascending codes, near an end of their range, that counts its refreshes. */
function codes(
  shape: number[],
  dtype: 'uint8' | 'int8',
  name = 'codes',
): DerivedInput & { refreshed: number } {
  const size = shape.reduce((a, b) => a * b, 1);
  const start = dtype === 'uint8' ? 250 : -128;
  const values = Array.from({ length: size }, (_, i) => start + i);
  const data = dtype === 'uint8' ? Uint8Array.from(values) : Int8Array.from(values);
  const input = { name, dtype, shape, data, refreshed: 0, refresh: () => void input.refreshed++ };
  return input;
}

const scales = (values: number[]): DerivedInput => ({
  name: 'scales',
  dtype: 'float32',
  shape: [values.length],
  data: Float32Array.from(values),
  refresh: () => undefined,
});

describe.each(['uint8', 'int8'] as const)('codes of %s', (dtype) => {
  test('times one number', () => expectSameAsEager(() => scaledCodes(codes([2, 3], dtype), 0.5), []));

  test('times a scale per column, and per row', async () => {
    const input = codes([2, 3], dtype);
    await expectSameAsEager(() => scaledCodes(input, scales([1, 0.5, 3])), []);
    await expectSameAsEager(() => scaledCodes(input, scales([0.25, 2]), 0), []);
  });

  test('in an expression with its gradient', () => {
    const [input, columns] = [codes([2, 3], dtype), scales([1, 0.5, 3])];
    return expectSameAsEager(
      (x) => tf.grad((y) => y.matMul(scaledCodes(input, columns)).square().sum())(x),
      [
        tf.tensor2d([
          [1, 2],
          [3, -4],
        ]),
      ],
    );
  });
});

test('are refreshed once before each run, and read where they are', async () => {
  const input = codes([2], 'uint8');
  input.refresh = () => void (input.data[0] = 10 * ++input.refreshed);
  const read = jit(() => scaledCodes(input, 1).add(scaledCodes(input, 1)));
  expect(input.refreshed).toBe(0); // nothing is refreshed by tracing
  expect(Array.from((await read()).dataSync())).toEqual([20, 502]);
  expect(Array.from((await read()).dataSync())).toEqual([40, 502]);
  expect(input.refreshed).toBe(2);
  await read.dispose();
});

test('of the same name are not mixed up', () =>
  expectSameAsEager(
    (x) => x.mul(scaledCodes(codes([2], 'uint8', 'same'), 1)).add(scaledCodes(codes([2], 'int8', 'same'), 1)),
    [tf.tensor1d([1, 2])],
  ));

test('a function knows whether it is traced', async () => {
  const seen: boolean[] = [];
  const fn = jit((x: tf.Tensor) => {
    seen.push(isTracing());
    return x.add(1);
  });
  await fn(tf.scalar(1));
  expect(seen).toEqual([true, true]); // recorded twice, and compared
  expect(isTracing()).toBe(false);
  await fn.dispose();
});
