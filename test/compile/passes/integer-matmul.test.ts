import * as tf from '@tensorflow/tfjs';
import type { IntegerPath } from '../../../lib/compile/passes';
import { Program } from '../../../lib/compile/program';
import { Traceable } from '../../../lib/compile/trace';
import { scaledCodes, DerivedInput } from '../../../lib/core/derived';
import { HostTensor, hostTensor } from '../../../lib/core/host-tensor';
import { expectClose } from '../close';

const PATHS = ['int8', 'uint8'] as const;
const [ROWS, INNER, COLUMNS] = [6, 40, 5];
const [SCALE, ZERO] = [0.05, 37];

beforeAll(() => tf.setBackend('cpu'));
beforeEach(() => tf.engine().startScope());
afterEach(() => tf.engine().endScope());

/** Weight codes and scales; products of 7-bit codes saturate on no processor. */
const buffer = (name: string, data: Int8Array | Float32Array, shape: number[]): DerivedInput => ({
  name,
  dtype: data instanceof Int8Array ? 'int8' : 'float32',
  shape,
  data,
  refresh: () => undefined,
});
const codes = buffer(
  'codes',
  Int8Array.from({ length: INNER * COLUMNS }, (_, i) => ((i * 37) % 255) - 127),
  [INNER, COLUMNS],
);
const scales = buffer('scales', Float32Array.of(0.01, 0.02, 0.5, 1, 0.003), [COLUMNS]);

/** What a quantized input becomes: codes of its own, in the tracer's kernel. */
const throughCodes = (x: tf.Tensor, dtype = 'uint8', zeroPoint = ZERO): tf.Tensor =>
  tf
    .engine()
    .runKernel(
      'WhittleQuantizeDequantize',
      { x, scale: tf.scalar(SCALE), zeroPoint: tf.scalar(zeroPoint) },
      { dtype },
    ) as tf.Tensor;

/** The same in floats: `scale · (clip(round(x / scale) + zeroPoint) - zeroPoint)`. */
const simulated = (x: tf.Tensor): tf.Tensor =>
  x.div(SCALE).round().add(ZERO).clipByValue(0, 255).sub(ZERO).mul(SCALE);

const weights = () => scaledCodes(codes, scales);

const example = (shape: number[]): HostTensor =>
  hostTensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i) * 4),
    shape,
  );

async function outcome(fn: Traceable, args: HostTensor[], integerPath: IntegerPath) {
  const program = await Program.compile(fn, args, { integerPath });
  const results = (await program.run(args)).map(({ data, shape, dtype }) =>
    tf.tensor(data.slice(), shape, dtype),
  );
  const { operators } = program;
  await program.release();
  return { results, operators };
}

test.each(PATHS)(
  'a matmul of dequantized codes is one of integers, and equals the simulated one: %s',
  async (path) => {
    const fn: Traceable = (x) => throughCodes(x!).matMul(weights());
    const x = example([ROWS, INNER]);
    const integer = await outcome(fn, [x], path);
    const floats = await outcome(fn, [x], 'simulated');
    expect(integer.operators).toContain('MatMulIntegerToFloat');
    expect(integer.operators).not.toContain('MatMul');
    expect(floats.operators).toContain('MatMul');
    expect(floats.operators).not.toContain('MatMulIntegerToFloat');
    const expected = simulated(tf.tensor(x.data, x.shape)).matMul(weights());
    expectClose(floats.results[0]!, expected);
    expectClose(integer.results[0]!, expected);
  },
);

test.each(PATHS)('also behind the reshapes of a dense layer: %s', async (path) => {
  const fn: Traceable = (x) =>
    throughCodes(x!).reshape([ROWS, INNER]).matMul(weights()).reshape([2, 3, COLUMNS]);
  const x = example([2, 3, INNER]);
  const { results, operators } = await outcome(fn, [x], path);
  expect(operators).toContain('MatMulIntegerToFloat');
  const expected = simulated(tf.tensor(x.data, [ROWS, INNER]))
    .matMul(weights())
    .reshape([2, 3, COLUMNS]);
  expectClose(results[0]!, expected);
});

test.each(PATHS)('also where the backward pass uses the operands again: %s', async (path) => {
  const straight = (quantize: (x: tf.Tensor) => tf.Tensor) =>
    tf.customGrad((x) => ({ value: quantize(x as tf.Tensor), gradFunc: (dy) => (dy as tf.Tensor).clone() }));
  const loss = (quantize: (x: tf.Tensor) => tf.Tensor) => (x: tf.Tensor) =>
    straight(quantize)(x).matMul(weights()).square().sum();
  const x = example([ROWS, INNER]);
  const { results, operators } = await outcome((y) => tf.grad(loss(throughCodes))(y!), [x], path);
  expect(operators.filter((op) => op.includes('MatMul'))).toEqual(['MatMulIntegerToFloat', 'FusedMatMul']);
  expectClose(results[0]!, tf.grad(loss(simulated))(tf.tensor(x.data, x.shape)));
});

test('codes at both ends of their range, and exact halves, are rounded and clipped alike', async () => {
  const values = Float32Array.from(
    { length: INNER },
    (_, i) => [-100, 100, 0.025, 0.075, -0.025, 0, 12.3, -1.85][i % 8]!,
  );
  const x = hostTensor(values, [1, INNER]);
  const { results } = await outcome((y) => throughCodes(y!), [x], 'int8');
  expectClose(results[0]!, simulated(tf.tensor(values, [1, INNER])), 0);
});

test.each<[string, Traceable]>([
  ['signed activations', (x) => throughCodes(x!, 'int8', 0).matMul(weights())],
  ['a scale per row of the weights', (x) => throughCodes(x!).matMul(scaledCodes(codes, rowScales, 0))],
  ['one scale for all weights', (x) => throughCodes(x!).matMul(scaledCodes(codes, 0.5))],
  ['transposed weights', (x) => throughCodes(x!).matMul(scaledCodes(transposed, 0.5), false, true)],
  ['activations that are floats', (x) => x!.matMul(weights())],
  ['weights that are floats', (x) => throughCodes(x!).matMul(tf.ones([INNER, COLUMNS]))],
])('%s are multiplied as floats', async (_, fn) => {
  for (const path of PATHS) {
    const { operators } = await outcome(fn, [example([ROWS, INNER])], path);
    expect(operators).not.toContain('MatMulIntegerToFloat');
  }
});

test.each([...PATHS, 'simulated'] as const)(
  'weights as floats are their codes times the scales of their columns, bit for bit: %s',
  async (path) => {
    const { results, operators } = await outcome(weights, [], path);
    expect(operators).toEqual(['DequantizeLinear', 'Mul']);
    expectClose(results[0]!, weights(), 0);
  },
);

test('codes moved to uint8 may lie anywhere', async () => {
  const room = new Int8Array(codes.data.length + 1);
  room.set(codes.data as Int8Array, 1);
  const x = example([ROWS, INNER]);
  const productOf = async (weights: DerivedInput) => {
    const fn: Traceable = (y) => throughCodes(y!).matMul(scaledCodes(weights, scales));
    return (await outcome(fn, [x], 'uint8')).results[0]!;
  };
  expectClose(await productOf({ ...codes, data: room.subarray(1) }), await productOf(codes), 0);
});

test('codes moved to uint8 follow the weights from run to run, and stay what they are for others', async () => {
  const before = Array.from(codes.data);
  const flipped: DerivedInput = {
    ...codes,
    data: Int8Array.from(before),
    refresh: () => void flipped.data.forEach((code, i) => (flipped.data[i] = -code)),
  };
  const x = example([ROWS, INNER]);
  const fn: Traceable = (y) => throughCodes(y!).matMul(scaledCodes(flipped, scales));
  const program = await Program.compile(fn, [x], { integerPath: 'uint8' });
  const run = async () => Array.from((await program.run([x]))[0]!.data);
  const [first, second] = [await run(), await run()];
  await program.release();
  expect(Array.from(flipped.data)).toEqual(before); // turned over twice
  expect(second).toEqual(first.map((value) => (value === 0 ? 0 : -value)));
});
const rowScales = buffer('row scales', new Float32Array(INNER).fill(0.5), [INNER]);
const transposed = buffer('transposed', codes.data as Int8Array, [COLUMNS, INNER]);
