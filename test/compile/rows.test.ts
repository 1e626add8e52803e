import * as tf from '@tensorflow/tfjs';
import { Program, Sink } from '../../lib/compile/program';
import { Traceable } from '../../lib/compile/trace';
import { hostTensor, HostTensor } from '../../lib/core/host-tensor';
import { registerSegmentSum } from '../../trainers/engines/segment-sum';
import { expectClose } from './close';

const RUNS = 50;
const ROWS = 4096;
const WIDTH = 128;

beforeAll(async () => {
  await tf.setBackend('cpu');
  registerSegmentSum('cpu'); // tfjs's own takes a pass over all rows for each segment: minutes here
});
beforeEach(() => tf.engine().startScope());
afterEach(() => {
  tf.engine().endScope();
  tf.disposeVariables();
});

/** Many updates of few rows: the case in which ScatterND loses some. */
const ids = hostTensor(
  Int32Array.from({ length: ROWS }, (_, i) => (i * 7919) % 10),
  [ROWS],
);
const rows = hostTensor(
  Float32Array.from({ length: ROWS * WIDTH }, (_, i) => Math.sin(i)),
  [ROWS, WIDTH],
);

const tensorOf = ({ data, shape, dtype }: HostTensor): tf.Tensor => tf.tensor(data, shape, dtype);

/** Runs a program on two threads many times: always the same bits, and close to eager's. */
async function expectSteady(fn: Traceable, args: HostTensor[], uses?: string[]): Promise<void> {
  const program = await Program.compile(fn, args, { threads: 2 });
  if (uses) expect(program.operators).toEqual(expect.arrayContaining(uses));
  const first = (await program.run(args)).map((result) => ({ ...result, data: result.data.slice() }));
  for (let run = 1; run < RUNS; run++) {
    const again = await program.run(args);
    again.forEach(({ data }, i) => expect(Buffer.compare(bytes(data), bytes(first[i]!.data))).toBe(0));
  }
  const eager = list(fn(...args.map(tensorOf)));
  eager.forEach((expected, i) => expectClose(tensorOf(first[i]!), expected));
  await program.release();
}

const list = (result: ReturnType<Traceable>): tf.Tensor[] =>
  result instanceof tf.Tensor ? [result] : (Object.values(result) as tf.Tensor[]);
const bytes = (data: HostTensor['data']): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/** The gradient of a table of so many rows that are looked up and weighted. */
const tableGradient =
  (table: tf.Variable): Traceable =>
  (id, weight) =>
    tf.variableGrads(() => tf.gather(table, id!).mul(weight!).sum() as tf.Scalar, [table]).grads[table.name]!;

const table = (count: number) => tf.variable(tf.randomNormal([count, WIDTH], 0, 1, 'float32', 3));

describe('sums over repeated ids, on two threads, have the same bits in fifty runs and equal eager ones', () => {
  test('rows handed out of the program: a large table', () =>
    expectSteady(tableGradient(table(300)), [ids, rows]));

  test('a one-hot matmul: a small table', () =>
    expectSteady(tableGradient(table(12)), [ids, rows], ['FusedMatMul']));

  test('ScatterElements: a large table whose gradient is used in the graph', () => {
    const large = table(300);
    const gradient = tableGradient(large);
    return expectSteady((...xs) => (gradient(...xs) as tf.Tensor).mul(2), [ids, rows], ['ScatterElements']);
  });

  test('a table that is looked up twice and used as a matrix too', () => {
    const large = table(200);
    return expectSteady(
      (id, weight) => {
        const loss = () => {
          const once = tf.gather(large, id!).mul(weight!).sum();
          const twice = tf.gather(large, id!.reverse()).square().sum();
          return once.add(twice).add(large.square().sum()) as tf.Scalar;
        };
        return tf.variableGrads(loss, [large]).grads[large.name]!;
      },
      [ids, rows],
    );
  });

  test('segment sums of vectors and of cubes', () =>
    expectSteady(
      (id, x) => [
        tf.unsortedSegmentSum(x!.sum(1), id as tf.Tensor1D, 300),
        tf.unsortedSegmentSum(x!.reshape([ROWS, 4, WIDTH / 4]), id as tf.Tensor1D, 300),
      ],
      [ids, rows],
      ['ScatterElements'],
    ));

  test('overlapping windows of a maximum', () => {
    const image = hostTensor(rows.data.slice(0, 16 ** 3), [1, 16, 16, 16]);
    return expectSteady(
      (x) =>
        tf.grad((y) =>
          tf
            .maxPool(y as tf.Tensor4D, 3, 1, 'same')
            .square()
            .sum(),
        )(x!),
      [image],
      ['ScatterElements'],
    );
  });

  test('overlapping windows of a convolution and of an average', () => {
    const image = hostTensor(rows.data.slice(0, 16 ** 3), [1, 16, 16, 16]);
    const filter = hostTensor(rows.data.slice(0, 9 * 16 * 8), [3, 3, 16, 8]);
    const network = (x: tf.Tensor, w: tf.Tensor): tf.Scalar =>
      tf
        .avgPool(tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same'), 3, 1, 'valid')
        .square()
        .sum() as tf.Scalar;
    return expectSteady((x, w) => tf.grads(network)([x!, w!]), [image, filter]);
  });
});

describe('sinks', () => {
  /** Memory for one table's gradient, and what was done to it. */
  function memory(size: number): { into: Float32Array; sink: Sink; calls: string[] } {
    const into = new Float32Array(size).fill(7); // left over from the last step
    const calls: string[] = [];
    const addRows: Sink['addRows'] = (rowIds, values, width) => {
      calls.push(`add ${rowIds.length}`);
      rowIds.forEach((id, i) => {
        for (let j = 0; j < width; j++) into[id * width + j]! += values[i * width + j]!;
      });
    };
    const clear = () => {
      calls.push('clear');
      into.fill(0);
    };
    return { into, sink: { into, addRows, clear }, calls };
  }

  test('take rows, after being cleared, for a gradient that has nothing else', async () => {
    const large = table(300);
    const fn = tableGradient(large);
    const program = await Program.compile(fn, [ids, rows], { threads: 2 });
    const { into, sink, calls } = memory(300 * WIDTH);
    await program.run([ids, rows], [sink]);
    const first = into.slice();
    for (let run = 1; run < RUNS; run++) {
      await program.run([ids, rows], [sink]);
      expect(Buffer.compare(bytes(into), bytes(first))).toBe(0);
    }
    expect(calls.slice(0, 2)).toEqual(['clear', `add ${ROWS}`]);
    expectClose(tf.tensor(into, [300, WIDTH]), fn(tensorOf(ids), tensorOf(rows)) as tf.Tensor);
    await program.release();
  });

  test('take the dense part first, then rows, for a gradient that has both', async () => {
    const large = table(200);
    const fn: Traceable = (id) =>
      tf.variableGrads(() => tf.gather(large, id!).sum().add(large.square().sum()) as tf.Scalar, [large])
        .grads[large.name]!;
    const program = await Program.compile(fn, [ids], { threads: 2 });
    const { into, sink, calls } = memory(200 * WIDTH);
    const [result] = await program.run([ids], [sink]);
    expect(calls).toEqual([`add ${ROWS}`]);
    expect(result!.data).toBe(into);
    expectClose(tf.tensor(into, [200, WIDTH]), fn(tensorOf(ids)) as tf.Tensor);
    await program.release();
  });

  test('take dense results where they are told, and the rest goes to the program', async () => {
    const program = await Program.compile(
      (x) => [x!.add(1), x!.mul(2)],
      [hostTensor(new Float32Array(2), [2])],
    );
    const into = new Float32Array(2);
    const results = await program.run([hostTensor(Float32Array.of(3, 4), [2])], [{ into }]);
    expect(Array.from(into)).toEqual([4, 5]);
    expect(results[0]!.data).toBe(into);
    expect(Array.from(results[1]!.data)).toEqual([6, 8]);
    await program.release();
  });
});
