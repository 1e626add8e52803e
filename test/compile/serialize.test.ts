import * as ort from 'onnxruntime-node';
import { GraphBuilder } from '../../lib/compile/builder';
import { serialize, SerializeOptions } from '../../lib/compile/serialize';
import { Value } from '../../lib/compile/graph';
import { graphOf } from '../onnx-file';

/** Runs an encoded graph, the data of the arguments by their places. */
async function run(
  builder: GraphBuilder,
  outputs: Value[],
  inputs: Record<string, ort.Tensor>,
): Promise<number[][]> {
  const { bytes, outputNames } = serialize(builder.finish(outputs));
  const session = await ort.InferenceSession.create(bytes);
  const results = await session.run(inputs);
  await session.release();
  return outputNames.map((name) => Array.from(results[name]!.data as Float32Array, Number));
}

const pair = () => new ort.Tensor('float32', Float32Array.of(1, -2), [2]);

test('outputs that are inputs, constants, or the same value several times', async () => {
  const builder = new GraphBuilder();
  const x = builder.argument(0, [2], 'float32');
  const constant = builder.constant(Int32Array.of(5, 6), [2], 'int32');
  const scalar = builder.scalar(7);
  const negative = builder.node('Neg', [x], [2], 'float32');
  const outputs = [x, negative, constant, negative, x, scalar, constant];
  expect(await run(builder, outputs, { i0: pair() })).toEqual([
    [1, -2],
    [-1, 2],
    [5, 6],
    [-1, 2],
    [1, -2],
    [7],
    [5, 6],
  ]);
});

test('an output that another node uses as well', async () => {
  const builder = new GraphBuilder();
  const x = builder.argument(0, [2], 'float32');
  const negative = builder.node('Neg', [x], [2], 'float32');
  const sum = builder.node('Add', [negative, negative], [2], 'float32');
  expect(await run(builder, [negative, sum], { i0: pair() })).toEqual([
    [-1, 2],
    [-2, 4],
  ]);
});

test('an output of an operator that is not its first', async () => {
  const builder = new GraphBuilder();
  const x = builder.argument(0, [2], 'float32');
  const place = builder.node('TopK', [x, builder.ints([1])], [1], 'int64', { slot: 1 });
  expect(await run(builder, [place], { i0: pair() })).toEqual([[0]]);
});

test('every type of constant, and attribute', async () => {
  const builder = new GraphBuilder();
  const constants = [
    builder.constant(Float32Array.of(1.5), [1], 'float32'),
    builder.constant(Float64Array.of(2.5), [1], 'float64'),
    builder.constant(Int32Array.of(-3), [1], 'int32'),
    builder.constant(Uint8Array.of(1), [1], 'bool'),
    builder.constant(Uint8Array.of(250), [1], 'uint8'),
    builder.constant(Int8Array.of(-5), [1], 'int8'),
    builder.ints([-6]),
  ];
  const leaky = builder.node('LeakyRelu', [builder.scalar(-2)], [], 'float32', {
    attributes: { alpha: { float: 0.25 } },
  });
  const grid = builder.constant(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3], 'float32');
  const turned = builder.node('Transpose', [grid], [3, 2], 'float32', { attributes: { perm: [1, 0] } });
  const joined = builder.node('Concat', [grid, grid], [2, 6], 'float32', { attributes: { axis: 1 } });
  const padded = builder.node('Pad', [grid, builder.ints([0, 1, 0, 0])], [2, 4], 'float32', {
    attributes: { mode: 'edge' },
  });
  expect(await run(builder, [...constants, leaky, turned, joined, padded], {})).toEqual([
    [1.5],
    [2.5],
    [-3],
    [1],
    [250],
    [-5],
    [-6],
    [-0.5],
    [1, 4, 2, 5, 3, 6],
    [1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6],
    [1, 1, 2, 3, 4, 4, 5, 6],
  ]);
});

test('names of inputs and outputs are the caller’s to choose', () => {
  const builder = new GraphBuilder();
  const x = builder.argument(0, [2, 3], 'float32');
  const options: SerializeOptions = {
    inputName: (_, index) => `in/${index}`,
    outputName: (index) => `out/${index}`,
  };
  const { bytes, outputNames } = serialize(
    builder.finish([builder.node('Neg', [x], [2, 3], 'float32')]),
    options,
  );
  const graph = graphOf(bytes);
  expect(graph.input.map(({ name }) => name)).toEqual(['in/0']);
  expect(graph.output.map(({ name }) => name)).toEqual(['out/0']);
  expect(outputNames).toEqual(['out/0']);
});

test('a constant whose data does not fill its shape is an error', () => {
  const builder = new GraphBuilder();
  const wrong = builder.constant(Float32Array.of(1, 2), [3], 'float32');
  expect(() => serialize(builder.finish([wrong]))).toThrow(/2 values for shape \[3\]/);
});
