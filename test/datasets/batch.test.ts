import * as tf from '@tensorflow/tfjs';
import { asDataset, Batch, BatchSource, fromTensors } from '../../datasets/batch';
import { UserError } from '../../lib/core/errors';
import { expectNoLeak } from '../leaks';

async function read(source: BatchSource, epoch: number, from?: number): Promise<Batch[]> {
  const batches: Batch[] = [];
  for await (const batch of source.epoch(epoch, from)) batches.push(batch);
  return batches;
}

/** Five examples of two inputs, whose label says which. */
function five(options: { shuffle?: boolean; seed?: number } = {}): BatchSource {
  const pairs = tf.tensor2d([0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5], [5, 2]);
  const tens = tf.tensor1d([10, 11, 12, 13, 14], 'int32');
  const labels = tf.tensor1d([0, 1, 2, 3, 4], 'int32');
  const source = fromTensors([pairs, tens], labels, { batchSize: 2, ...options });
  tf.dispose([pairs, tens, labels]); // the source has copies
  return source;
}

it('cuts tensors into batches, in their order', async () => {
  const source = five({ shuffle: false });
  expect([source.examples, source.batchesPerEpoch]).toEqual([5, 3]);
  const batches = await read(source, 0);
  expect(batches[1]).toEqual({
    xs: [
      { dtype: 'float32', shape: [2, 2], data: Float32Array.of(2, 2.5, 3, 3.5) },
      { dtype: 'int32', shape: [2], data: Int32Array.of(12, 13) },
    ],
    ys: { dtype: 'int32', shape: [2], data: Int32Array.of(2, 3) },
    size: 2,
  });
  expect(batches[2]).toMatchObject({ size: 1, ys: { shape: [1], data: Int32Array.of(4) } });
});

it('shuffles by seed and epoch, keeps rows together, and resumes', async () => {
  const labels = async (source: BatchSource, epoch: number) =>
    (await read(source, epoch)).flatMap(({ ys }) => [...ys.data]);
  const first = await labels(five({ seed: 1 }), 0);
  expect([...first].sort()).toEqual([0, 1, 2, 3, 4]);
  expect(await labels(five({ seed: 1 }), 0)).toEqual(first);
  expect(await labels(five({ seed: 1 }), 1)).not.toEqual(first);
  const batches = await read(five({ seed: 1 }), 3);
  for (const { xs, ys } of batches) {
    expect([...xs[1]!.data]).toEqual(Array.from(ys.data, (label) => label + 10));
    expect([...xs[0]!.data]).toEqual(Array.from(ys.data).flatMap((label) => [label, label + 0.5]));
  }
  expect(await read(five({ seed: 1 }), 3, 2)).toEqual(batches.slice(2));
});

it('leaves no tensor behind', async () => {
  await expectNoLeak(async () => void (await read(five(), 0)));
});

it('is a tf.data dataset', async () => {
  const source = five({ seed: 2 });
  expect(await asDataset(source, 1).toArray()).toEqual(await read(source, 1));
});

it('refuses tensors that do not fit together', () => {
  const make = () => fromTensors(tf.zeros([2, 2]), tf.zeros([3]), { batchSize: 2 });
  expect(make).toThrow(UserError);
  expect(make).toThrow('same number of examples, at least 1, got 2, 3');
});
