import * as tf from '@tensorflow/tfjs';
import * as ort from 'onnxruntime-node';
import { Program } from '../../lib/compile/program';
import { hostTensor } from '../../lib/core/host-tensor';

beforeAll(() => tf.setBackend('cpu'));
beforeEach(() => tf.engine().startScope());
afterEach(() => {
  jest.restoreAllMocks();
  tf.engine().endScope();
});

const COUNT = 2 ** 20;
const numbers = hostTensor(Float32Array.from({ length: COUNT }, Math.random), [COUNT]);
const compile = () => Program.compile((x) => [x!.add(1), x!.mul(2)], [numbers]);

test('a run makes no arrays for its results: they are in the memory that is there', async () => {
  const program = await compile();
  const into = new Float32Array(COUNT);
  await program.run([numbers], [{ into }]);
  const before = process.memoryUsage().arrayBuffers;
  for (let i = 0; i < 8; i++) await program.run([numbers], [{ into }]);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(into.byteLength);
  expect(into[COUNT - 1]).toBeCloseTo(numbers.data[COUNT - 1]! + 1);
  await program.release();
});

test('the second run takes no further memory for what lies between', async () => {
  const between = (x: tf.Tensor) => tf.concat(Array.from({ length: 16 }, (_, i) => x.mul(i + 2).exp()));
  const program = await Program.compile((x) => [between(x!).sum()], [numbers]);
  await program.run([numbers]);
  const before = process.memoryUsage().rss;
  await program.run([numbers]);
  expect(process.memoryUsage().rss - before).toBeLessThan(8 * numbers.data.byteLength);
  await program.release();
});

test('a run that fails says so', async () => {
  const program = await compile();
  await expect(program.run([hostTensor(new Float32Array(3), [3])])).rejects.toThrow(/size|dimension/i);
  await program.release();
});

test('a run that returns, as other versions of onnxruntime-node may, is complete as well', async () => {
  const create = ort.InferenceSession.create.bind(ort.InferenceSession);
  jest.spyOn(ort.InferenceSession, 'create').mockImplementation(async (...args: unknown[]) => {
    const session = await create(args[0] as Uint8Array);
    const run = session.run.bind(session) as (...given: unknown[]) => Promise<never>;
    jest.spyOn(session, 'run').mockImplementation((...given) => run(...given).catch(() => ({}) as never));
    return session;
  });
  const program = await compile();
  const [sum, product] = await program.run([numbers]);
  expect(sum!.data[0]).toBeCloseTo(numbers.data[0]! + 1);
  expect(product!.data[0]).toBeCloseTo(numbers.data[0]! * 2);
  await program.release();
});
