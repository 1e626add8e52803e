import * as tf from '@tensorflow/tfjs';
import { hostOf, hostTensor, readHost } from '../../lib/core/host-tensor';

beforeAll(() => tf.setBackend('cpu'));
beforeEach(() => tf.engine().startScope());
afterEach(() => tf.engine().endScope());

describe('the values of a tensor', () => {
  test.each([
    ['integers called floats', () => tf.tensor1d([1, -2], 'int32').toFloat(), Float32Array.of(1, -2)],
    ['booleans called floats', () => tf.tensor1d([true, false], 'bool').toFloat(), Float32Array.of(1, 0)],
    ['booleans called integers', () => tf.tensor1d([true, false], 'bool').toInt(), Int32Array.of(1, 0)],
    ['floats made integers', () => tf.tensor1d([1.7, -1.7]).toInt(), Int32Array.of(1, -1)],
    ['integers made booleans', () => tf.tensor1d([2, 0], 'int32').toBool(), Uint8Array.of(1, 0)],
  ])('are of its dtype: %s', async (_, make, data) => {
    const x = make();
    expect(hostOf(x)).toEqual({ dtype: x.dtype, shape: [2], data });
    expect(await readHost(x)).toEqual({ dtype: x.dtype, shape: [2], data });
  });

  test('are not copied where their array has the right class', () => {
    const values = Float32Array.of(1, NaN);
    expect(hostOf(tf.tensor1d(values)).data).toBe(values);
  });

  test('of strings and complex numbers are refused', async () => {
    expect(() => hostOf(tf.tensor1d(['a']))).toThrow(
      'Expected a tensor of float32, int32 or bool, got one of string',
    );
    await expect(readHost(tf.complex([1], [2]))).rejects.toThrow('got one of complex64');
  });
});

test('a host tensor holds exactly as many values as its shape says', () => {
  expect(hostTensor(Int32Array.of(7), [])).toEqual({ dtype: 'int32', shape: [], data: Int32Array.of(7) });
  expect(() => hostTensor(Int32Array.of(7), [2])).toThrow('Expected 2 values for shape [2], got 1.');
});
