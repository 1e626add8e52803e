import * as tf from '@tensorflow/tfjs';

/** Runs `body` twice (the first may fill caches) and fails if the second run left tensors behind. */
export async function expectNoLeak(body: () => void | Promise<void>): Promise<void> {
  await body();
  const before = tf.memory().numTensors;
  await body();
  expect(tf.memory().numTensors - before).toBe(0);
}
