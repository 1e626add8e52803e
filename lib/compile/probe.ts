import * as ort from 'onnxruntime-node';
import { GraphBuilder } from './builder';
import { encode } from './encode';

/** How quantized matmuls are computed: on their codes, or in floats that stand for them. */
export type IntegerPath = 'int8' | 'simulated';

let known: Promise<IntegerPath> | undefined;

/**
 * Whether this processor multiplies uint8 by int8 codes right: `'int8'` if so, else `'simulated'`. Found out once, by a small
 * matmul of the most extreme codes.
 *
 * x86 processors without VNNI add pairs of products in 16 bits, which saturate (`2 · 255 · 127` is nearly twice the largest
 * such number): sums come out too small, without an error.
 */
export function integerPath(): Promise<IntegerPath> {
  return (known ??= probe());
}

/** The outcome in a sentence, for what a run prints about itself. */
export function describeIntegerPath(path: IntegerPath): string {
  return path === 'int8'
    ? 'Quantized matmuls multiply integers (uint8 × int8, exact on this processor).'
    : 'Quantized matmuls are simulated in floats: on this processor uint8 × int8 products saturate.';
}

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
  const exact = await Promise.all(ROWS.map(isExact));
  return exact.every(Boolean) ? 'int8' : 'simulated';
}

/** Multiplies so many rows of the code 255 with the columns and compares with their true sums. */
async function isExact(rows: number): Promise<boolean> {
  const columns = COLUMNS.length;
  const session = await ort.InferenceSession.create(matmulModel(rows));
  const weights = Int8Array.from({ length: INNER * columns }, (_, i) =>
    COLUMNS[i % columns]!(Math.floor(i / columns)),
  );
  const { o0 } = await session.run({
    i0: new ort.Tensor('uint8', new Uint8Array(rows * INNER).fill(255), [rows, INNER]),
    i1: new ort.Tensor('int8', weights, [INNER, columns]),
  });
  await session.release();
  const sums = COLUMNS.map((code) =>
    Array.from({ length: INNER }, (_, row) => 255 * code(row)).reduce((sum, product) => sum + product, 0),
  );
  return (o0!.data as Float32Array).every((value, i) => value === sums[i % columns]);
}

/** `MatMulIntegerToFloat` with scales of 1, whose weights are an input as they are in training. */
function matmulModel(rows: number): Uint8Array {
  const builder = new GraphBuilder();
  const [columns, one] = [COLUMNS.length, builder.scalar(1)];
  const x = builder.argument(0, [rows, INNER], 'uint8');
  const weights = builder.argument(1, [INNER, columns], 'int8');
  const scales = builder.constant(new Float32Array(columns).fill(1), [columns], 'float32');
  const operands = [x, weights, one, scales, builder.scalar(0, 'uint8')];
  const product = builder.node('MatMulIntegerToFloat', operands, [rows, columns], 'float32', {
    domain: 'com.microsoft',
  });
  return encode(builder.finish([product])).bytes;
}
