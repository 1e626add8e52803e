import * as ort from 'onnxruntime-node';
import type { Value } from '../compile/graph';
import { openSession } from '../compile/open-session';
import { serialize } from '../compile/serialize';

/** `C - A B` in doubles, all row-major. @param c [m, n] @param a [m, k] @param b [k, n] @returns [m, n] */
export type Difference = (
  c: Float64Array,
  a: Float64Array,
  b: Float64Array,
  m: number,
) => Promise<Float64Array>;

/** Lets `use` have onnxruntime compute `C - A B`: for hundreds of rows in a fraction of the time of a loop over the numbers. */
export async function withDifference<T>(use: (difference: Difference) => Promise<T>): Promise<T> {
  const session = await openSession(programOf(), {});
  const tensor = (data: Float64Array, rows: number) =>
    new ort.Tensor('float64', data, [rows, data.length / rows]);
  try {
    return await use(async (c, a, b, m) => {
      const inputs = { c: tensor(c, m), a: tensor(a, m), b: tensor(b, a.length / m) };
      const { difference } = await session.run(inputs);
      return difference!.data as Float64Array;
    });
  } finally {
    await session.release();
  }
}

function programOf(): Uint8Array {
  const value = (): Value => ({ dtype: 'float64', shape: [0, 0] });
  const [c, a, b, product, difference] = [value(), value(), value(), value(), value()];
  const axes = new Map([
    [c, 'mn'],
    [a, 'mk'],
    [b, 'kn'],
    [difference, 'mn'],
  ]);
  const names = ['c', 'a', 'b'];
  const made = { domain: '', attributes: {} } as const;
  const graph = {
    inputs: new Map([c, a, b].map((input) => [input, undefined])),
    constants: new Map(),
    nodes: [
      { ...made, op: 'MatMul', inputs: [a, b], output: product },
      { ...made, op: 'Sub', inputs: [c, product], output: difference },
    ],
    outputs: [difference],
  };
  return serialize(graph, {
    inputName: (_, i) => names[i]!,
    outputName: () => 'difference',
    axisName: (of, axis) => axes.get(of)?.[axis],
  }).bytes;
}
