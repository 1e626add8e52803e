import * as tf from '@tensorflow/tfjs';
import { memoryFor } from '../../../lib/compile/graph';
import { packOutputs, unpack } from '../../../lib/compile/packed-outputs';
import { optimize } from '../../../lib/compile/passes';
import { Program } from '../../../lib/compile/program';
import { ortTensor, Session } from '../../../lib/compile/session';
import { trace, Traceable } from '../../../lib/compile/trace';
import { HostTensor, hostTensor } from '../../../lib/core/host-tensor';
import { serialize } from '../../../lib/compile/serialize';

beforeAll(() => tf.setBackend('cpu'));
beforeEach(() => tf.engine().startScope());
afterEach(() => {
  tf.engine().endScope();
  tf.disposeVariables();
});

/** What WebGPU is given, run on the processor, which has all kernels: its operators and its results. */
async function asForWebGpu(fn: Traceable, args: readonly HostTensor[]) {
  const { graph } = optimize(trace(fn, args).graph, { integerPath: 'simulated', provider: 'webgpu' });
  const session = await Session.load(graph, {});
  const inputOf = [...graph.inputs.keys()].map(
    (value, i) => [value, ortTensor(value, args[i]!.data)] as const,
  );
  const inputs = new Map(inputOf);
  const results = graph.outputs.map(memoryFor);
  await session.run(
    (value) => inputs.get(value)!,
    graph.outputs.map((value, i) => ortTensor(value, results[i]!)),
  );
  await session.release();
  return {
    operators: graph.nodes.map(({ op }) => op),
    results: results.map((data) => Array.from(data as Float32Array)),
  };
}

async function onProcessor(fn: Traceable, args: readonly HostTensor[]): Promise<number[][]> {
  const program = await Program.compile(fn, args, { integerPath: 'simulated' });
  const results = (await program.run(args)).map(({ data }) => Array.from(data));
  await program.release();
  return results;
}

const numbers = [0, -0, 0.5, 1.5, 2.5, -0.5, -2.5, 0.49999997, 4194303.5, 8388609, -1e20, 3e38];
const vector = hostTensor(Float32Array.from([...numbers, Infinity, -Infinity, NaN]), [15]);

test('rounds half to even without Round, whatever the size', async () => {
  const { operators, results } = await asForWebGpu((x) => [tf.round(x!)], [vector]);
  expect(operators).not.toContain('Round');
  const [expected] = await onProcessor((x) => [tf.round(x!)], [vector]);
  expect(results[0]!.map((x) => x + 0)).toEqual(expected!.map((x) => x + 0)); // -0 becomes 0
});

test.each([
  ['uint8', 37],
  ['int8', -5],
] as const)('codes of %s that are dequantized again stay floats', async (dtype, zeroPoint) => {
  const fn: Traceable = (x) => [
    tf
      .engine()
      .runKernel(
        'WhittleQuantizeDequantize',
        { x: x!, scale: tf.scalar(0.25), zeroPoint: tf.scalar(zeroPoint) },
        { dtype },
      ) as tf.Tensor,
  ];
  const x = hostTensor(
    Float32Array.from({ length: 4000 }, (_, i) => (i - 2000) / 16),
    [4000],
  );
  const { operators, results } = await asForWebGpu(fn, [x]);
  expect(operators.filter((op) => op.endsWith('Linear'))).toEqual([]);
  expect(results).toEqual(await onProcessor(fn, [x]));
});

test('transposed operands are transposed by themselves', async () => {
  const fn: Traceable = (a, b) => [tf.matMul(a!, b!, true, false), tf.matMul(a!, a!, false, true)];
  const args = [
    [3, 4],
    [3, 2],
  ].map((shape) =>
    hostTensor(
      Float32Array.from({ length: shape[0]! * shape[1]! }, (_, i) => Math.sin(i)),
      shape,
    ),
  );
  const { operators, results } = await asForWebGpu(fn, args);
  expect(operators).not.toContain('FusedMatMul');
  const expected = await onProcessor(fn, args);
  results.forEach((result, i) => result.forEach((x, j) => expect(x).toBeCloseTo(expected[i]![j]!, 6)));
});

describe('packed outputs', () => {
  const fn: Traceable = (x) => [
    x!.sum(),
    x!.mul(2),
    x!.greater(0).toInt(),
    x!.add(1).reshape([5, 3]),
    x!.sub(1),
  ];
  const graph = () => trace(fn, [vector]).graph;

  const places = (most?: number) => packOutputs(graph(), most).packs.map((pack) => pack.places);

  test('floats follow each other, up to a size; another type starts anew', () => {
    expect(places()).toEqual([[0, 1], [2], [3, 4]]);
    expect(places(16)).toEqual([[0, 1], [2], [3], [4]]);
    expect(places(2)).toEqual([[0], [1], [2], [3], [4]]);
  });

  test('as many vectors come out as there are packs', () => {
    const packed = packOutputs(graph());
    expect(packed.graph.outputs.map(({ shape }) => shape)).toEqual([[16], [15], [30]]);
    expect(serialize(packed.graph).outputNames).toHaveLength(3);
  });

  test('each output is what it was, through the vectors', async () => {
    const { graph: few, packs } = packOutputs(graph());
    const session = await Session.load(few, {});
    const outputs = graph().outputs.map((value) => ortTensor(value, memoryFor(value)));
    await session.run(
      (value) => ortTensor(value, vector.data),
      packs.map(({ places: [first], vector: all }) => all ?? outputs[first!]!),
    );
    packs.forEach((pack) => unpack(pack, outputs));
    await session.release();
    const expected = await onProcessor(fn, [vector]);
    expect(outputs.map(({ data }) => Array.from(data as Float32Array))).toEqual(expected);
  });
});
