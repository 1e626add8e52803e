import * as tf from '@tensorflow/tfjs';
import '../../lib/core/without-banner';

test('the cpu backend says nothing at its first tensor', async () => {
  const said = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
  await tf.setBackend('cpu');
  tf.tensor1d([1]).dispose();
  expect(said).not.toHaveBeenCalled();
  said.mockRestore();
});
