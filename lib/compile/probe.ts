import * as ort from 'onnxruntime-node';
import { GraphBuilder } from './builder';
import { serialize } from './serialize';
import type { IntegerPath } from './passes';
import { ZERO } from './passes/unsigned-codes';

let known: Promise<IntegerPath> | undefined;

/**
 * The fastest way of multiplying codes that is right on this processor: weights of int8, or else of uint8, or else floats. Found
 * out once, by small matmuls of the most extreme codes.
 *
 * x86 processors without VNNI add pairs of products of uint8 and int8 in 16 bits, which saturate (`2 · 255 · 127` is nearly
 * twice the largest such number): sums come out too small, without an error. Products of uint8 and uint8 are exact there, and
 * still faster than floats.
 */
export function integerPath(): Promise<IntegerPath> {
  return (known ??= probe());
}

/** The outcome in a sentence, for what a run prints about itself. */
export function describeIntegerPath(path: IntegerPath): string {
  return SENTENCES[path];
}

const SENTENCES: Readonly<Record<IntegerPath, string>> = {
  int8: 'Quantized matmuls multiply integers (uint8 × int8, exact on this processor).',
  uint8: 'Quantized matmuls multiply integers (uint8 × uint8: uint8 × int8 saturates on this processor).',
  simulated: 'Quantized matmuls are simulated in floats: on this processor products of integers saturate.',
};

/** One row takes another routine than many do. Sums of so many products are whole numbers in float32, up to 2²⁴. */
const ROWS = [1, 33];
const INNER = 511;

/** Columns of weight codes: all highest, all lowest, and both in turn. */
const COLUMNS: readonly ((row: number) => number)[] = [
  () => 127,
  () => -127,
  (row) => (row % 2 === 0 ? 127 : -127),
];

async function probe(): Promise<IntegerPath> {
  for (const path of ['int8', 'uint8'] as const) {
    const exact = await Promise.all(ROWS.map((rows) => isExact(rows, path)));
    if (exact.every(Boolean)) return path;
  }
  return 'simulated';
}

/** Multiplies so many rows of the code 255 with the columns and compares with their true sums. */
async function isExact(rows: number, path: 'int8' | 'uint8'): Promise<boolean> {
  const columns = COLUMNS.length;
  const session = await ort.InferenceSession.create(matmulModel(rows, path));
  const codes = Array.from({ length: INNER * columns }, (_, i) =>
    COLUMNS[i % columns]!(Math.floor(i / columns)),
  );
  const weights = path === 'int8' ? Int8Array.from(codes) : Uint8Array.from(codes, (code) => code + ZERO);
  const { o0 } = await session.run({
    i0: new ort.Tensor('uint8', new Uint8Array(rows * INNER).fill(255), [rows, INNER]),
    i1: new ort.Tensor(path, weights, [INNER, columns]),
  });
  await session.release();
  const sums = COLUMNS.map((code) =>
    Array.from({ length: INNER }, (_, row) => 255 * code(row)).reduce((sum, product) => sum + product, 0),
  );
  return (o0!.data as Float32Array).every((value, i) => value === sums[i % columns]);
}

/** `MatMulIntegerToFloat` with scales of 1, whose weights are an input as they are in training. */
function matmulModel(rows: number, path: 'int8' | 'uint8'): Uint8Array {
  const builder = new GraphBuilder();
  const [columns, one] = [COLUMNS.length, builder.scalar(1)];
  const x = builder.argument(0, [rows, INNER], 'uint8');
  const weights = builder.argument(1, [INNER, columns], path);
  const scales = builder.constant(new Float32Array(columns).fill(1), [columns], 'float32');
  const zeros = [builder.scalar(0, 'uint8'), builder.scalar(path === 'int8' ? 0 : ZERO, path)];
  const product = builder.node(
    'MatMulIntegerToFloat',
    [x, weights, one, scales, ...zeros],
    [rows, columns],
    'float32',
    { domain: 'com.microsoft' },
  );
  return serialize(builder.finish([product])).bytes;
}
