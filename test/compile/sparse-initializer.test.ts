import * as ort from 'onnxruntime-node';
import { GraphBuilder } from '../../lib/compile/builder';
import { Data, DataType } from '../../lib/compile/graph';
import { serialize } from '../../lib/compile/serialize';
import { graphOf } from '../onnx-file';

type Constant = readonly [data: Data, shape: readonly number[], dtype: DataType];

/** What onnxruntime reads of constants that are written sparsely, in bytes, and how many are. */
async function readBack(constants: readonly Constant[]): Promise<{ read: Uint8Array[]; sparse: number }> {
  const builder = new GraphBuilder();
  const values = constants.map(([data, shape, dtype]) => builder.constant(data, shape, dtype));
  const { bytes, outputNames } = serialize(builder.finish(values), { sparse: true });
  const session = await ort.InferenceSession.create(bytes, { executionProviders: ['cpu'] });
  const results = await session.run({});
  await session.release();
  const read = outputNames.map((name) => bytesOf(results[name]!.data as Data));
  return { read, sparse: graphOf(bytes).sparseInitializer.length };
}

const bytesOf = (data: Data) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();

/** Fills some places of 20 × 15, the first, the last, and those where the numbers of places become longer among them. */
function filled<T extends Data>(data: T, value: T[number]): T {
  for (const place of [0, 7, 127, 128, 299]) data[place] = value;
  return data;
}

test.each<[DataType, Data]>([
  ['float32', filled(new Float32Array(300), -1.5)],
  ['float64', filled(new Float64Array(300), 2.5)],
  ['float16', filled(new Uint16Array(300), 0x3c01)],
  ['int32', filled(new Int32Array(300), -3)],
  ['int64', filled(new BigInt64Array(300), -6n)],
  ['int8', filled(new Int8Array(300), -128)],
  ['uint8', filled(new Uint8Array(300), 255)],
])('%s without zeros is read as it was', async (dtype, data) => {
  const { read, sparse } = await readBack([[data, [20, 15], dtype]]);
  expect([read, sparse]).toEqual([[bytesOf(data)], 1]);
});

test('−0, not-a-number and infinity are values; a tensor may have none, or one far behind', async () => {
  const odd = new Float32Array(100);
  odd.set([-0, NaN, Infinity, 1e-45], 40);
  const far = new Int8Array(3_000_000);
  far[2_999_999] = 1;
  const cube = new Float32Array(4 * 5 * 6);
  cube[119] = 7;
  const constants: Constant[] = [
    [odd, [100], 'float32'],
    [new Float32Array(64), [8, 8], 'float32'],
    [far, [3, 1_000_000], 'int8'],
    [cube, [4, 5, 6], 'float32'],
  ];
  const { read, sparse } = await readBack(constants);
  expect(read.map((bytes, i) => Buffer.compare(bytes, bytesOf(constants[i]![0])))).toEqual([0, 0, 0, 0]);
  expect(sparse).toBe(4);
});

test('what is not smaller without its zeros is written with them', async () => {
  const few = (share: number, data: Data) => {
    for (let i = 0; i < data.length; i++) if ((i * 7) % 100 >= share) data[i] = 1;
    return data;
  };
  const { sparse } = await readBack([
    [few(30, new Float32Array(30_000)), [300, 100], 'float32'], // 4 + 3 bytes for 4
    [few(70, new Int8Array(30_000)), [300, 100], 'int8'], // 1 + 3 bytes for 1
    [new Float32Array(1), [], 'float32'],
    [new BigInt64Array(2), [2], 'int64'],
  ]);
  expect(sparse).toBe(0);
  const { sparse: both } = await readBack([
    [few(50, new Float32Array(30_000)), [300, 100], 'float32'],
    [few(80, new Int8Array(30_000)), [300, 100], 'int8'],
  ]);
  expect(both).toBe(2);
});

test('a constant whose data does not fill its shape is an error', () => {
  const builder = new GraphBuilder();
  const wrong = builder.constant(new Float32Array(100), [99], 'float32');
  expect(() => serialize(builder.finish([wrong]), { sparse: true })).toThrow('100 values for shape [99]');
});
