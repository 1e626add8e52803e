import * as tf from '@tensorflow/tfjs';
import { inferenceOf } from '../../trainers/inference';
import { jit } from '../../lib/compile/jit';

it('says which provider does not work here, and what to do', async () => {
  await tf.setBackend('cpu');
  const double = jit((x: tf.Tensor) => x.add(x), { provider: 'abacus' });
  await expect(double(tf.scalar(1))).rejects.toThrow(/provider "abacus".*`provider` cpu/);
});

it('says so for a file, too', async () => {
  await tf.setBackend('cpu');
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [2] })] });
  await expect(inferenceOf(model, { provider: 'abacus' })).rejects.toThrow(
    /provider "abacus".*`provider` cpu/,
  );
  model.dispose();
});
