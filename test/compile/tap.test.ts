import * as tf from '@tensorflow/tfjs';
import { jit } from '../../lib/compile/jit';
import { hostTensor } from '../../lib/core/host-tensor';
import { Program } from '../../lib/compile/program';
import { tap } from '../../lib/core/tap';
import { expectNoLeak } from '../leaks';
import { scopeEachTest } from '../scope';

scopeEachTest();

/** Takes copies of what comes, as lists. */
function taker() {
  const taken: { shape: number[]; values: number[] }[] = [];
  return {
    taken,
    take: ({ shape, data }: { shape: number[]; data: ArrayLike<number> }) =>
      void taken.push({ shape, values: Array.from(data) }),
  };
}

describe('tap', () => {
  const x = () => tf.tensor2d([[1, -2, 3]]);

  test('hands over the same values eagerly and compiled, at every run', async () => {
    const { taken, take } = taker();
    const fn = (value: tf.Tensor) => {
      tap(value.mul(2), take);
      return value.add(1);
    };
    const program = jit(fn);
    expect(Array.from(fn(x()).dataSync())).toEqual([2, -1, 4]);
    expect(Array.from((await program(x())).dataSync())).toEqual([2, -1, 4]);
    await program(x().neg());
    const eager = { shape: [1, 3], values: [2, -4, 6] };
    expect(taken).toEqual([eager, eager, { shape: [1, 3], values: [-2, 4, -6] }]);
    await program.dispose();
  });

  test('takes arguments, constants, results, assigned values and one value twice', async () => {
    const { taken, take } = taker();
    const [constant, total] = [tf.tensor1d([7]), tf.variable(tf.tensor1d([10]))];
    const program = jit((value: tf.Tensor) => {
      const result = value.sum(1);
      total.assign(total.add(result) as tf.Tensor1D);
      [value, value, constant, result, total].forEach((each) => tap(each, take));
      return result;
    });
    await program(x());
    expect(taken.map(({ values }) => values)).toEqual([[1, -2, 3], [1, -2, 3], [7], [2], [12]]);
    expect(total.dataSync()[0]).toBe(12);
    await program.dispose();
  });

  test('is after the assignments of its run', async () => {
    const total = tf.variable(tf.scalar(1));
    let seen: number | undefined;
    const program = jit((value: tf.Tensor) => {
      total.assign(total.add(value.sum()) as tf.Scalar);
      tap(value, () => (seen = total.dataSync()[0]));
      return value;
    });
    await program(x());
    expect(seen).toBe(3);
    await program.dispose();
  });

  test('leaves gradients alone', async () => {
    const { taken, take } = taker();
    const gradient = tf.grad((value) => {
      const square = value.square();
      tap(square, take);
      return square.sum();
    });
    const program = jit(gradient);
    for (const result of [gradient(x()), await program(x())]) {
      expect(Array.from(result.dataSync())).toEqual([2, -4, 6]);
    }
    expect(taken.map(({ values }) => values)).toEqual([
      [1, 4, 9],
      [1, 4, 9],
    ]);
    await program.dispose();
  });

  test('what the taker throws comes out of the run', async () => {
    const input = hostTensor(Float32Array.of(1), [1]);
    const program = await Program.compile(
      (value) => {
        tap(value, () => {
          throw new RangeError('too much');
        });
        return value;
      },
      [input],
    );
    await expect(program.run([input])).rejects.toThrow('too much');
    await program.release();
  });

  test('leaks nothing', async () => {
    const input = x();
    await expectNoLeak(async () => {
      const program = jit((value: tf.Tensor) => {
        tap(value, () => undefined);
        return value.add(1);
      });
      tf.dispose(await program(input));
      await program.dispose();
    });
  });
});
