import * as tf from '@tensorflow/tfjs';
import * as whittle from '../../index';
import { hostTensor } from '../../lib/core/host-tensor';
import { parametersOf } from '../../trainers/parameters';

const { convert, fromTensors, prepare, staticInt8 } = whittle;

beforeAll(() => tf.setBackend('cpu'));

test('what comes out of convert gives the same bits to evaluate, an engine and its file’s reader', async () => {
  const model = whittle.mlp({ inputSize: 4, hiddenSizes: [6], outputSize: 3, seed: 2 });
  const xs = tf.randomNormal([20, 4], 0, 1, 'float32', 1);
  const dev = fromTensors(xs, tf.zeros([20], 'int32'), { batchSize: 7, shuffle: false });
  const prepared = prepare(model, staticInt8());
  await whittle.calibrate(prepared, [[xs]]);
  const compressed = convert(prepared);
  const answers = await whittle.inferenceOf(compressed);
  const { data } = await answers.predict([hostTensor(xs.dataSync() as Float32Array, [20, 4])]);
  await answers.dispose();
  const seen: number[][] = [];
  const note = (predictions: whittle.HostTensor) => seen.push([...predictions.data]);
  const options = { loss: whittle.softmaxCrossEntropy, metrics: { note } };
  await whittle.evaluate(compressed, dev, options);
  const parameters = parametersOf(compressed.model);
  for (const factory of [whittle.compiledEngine(), whittle.eagerEngine({ backend: 'cpu' })]) {
    const engine = await factory(compressed, parameters, whittle.softmaxCrossEntropy);
    await whittle.evaluate(engine, dev, options);
    const batch = {
      xs: [hostTensor(new Float32Array(4), [1, 4])],
      ys: hostTensor(new Int32Array(1), [1]),
      size: 1,
    };
    await expect(engine.gradients(batch, { accumulate: false })).rejects.toThrow(
      'whose codes would not follow',
    );
    engine.dispose();
  }
  const [evaluated, compiled, eager] = seen;
  expect(evaluated).toEqual([...data]);
  expect(compiled).toEqual(evaluated);
  eager!.forEach((value, i) => expect(value).toBeCloseTo(evaluated![i]!, 5));
  parameters.dispose();
  prepared.detach();
});
