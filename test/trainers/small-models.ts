import * as tf from '@tensorflow/tfjs';

/** dense/kernel [2, 2] = 1 2 3 4, dense/bias [2] = 5 6. */
export function denseModel(): tf.Sequential {
  const weights = [tf.tensor2d([1, 2, 3, 4], [2, 2]), tf.tensor1d([5, 6])];
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [2], name: 'dense' })] });
  model.setWeights(weights);
  tf.dispose(weights);
  return model;
}

/** table/embeddings [5, 2] of ones. */
export function embeddingModel(): tf.Sequential {
  const table = tf.layers.embedding({
    inputDim: 5,
    outputDim: 2,
    inputLength: 1,
    name: 'table',
    embeddingsInitializer: 'ones',
  });
  return tf.sequential({ layers: [table] });
}
