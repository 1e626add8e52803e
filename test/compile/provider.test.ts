import * as tf from '@tensorflow/tfjs';
import { jit } from '../../lib/compile/jit';

it('says which provider does not work here, and what to do', async () => {
  await tf.setBackend('cpu');
  const double = jit((x: tf.Tensor) => x.add(x), { provider: 'abacus' });
  await expect(double(tf.scalar(1))).rejects.toThrow(/provider "abacus".*`provider` cpu/);
});
