import * as tf from '@tensorflow/tfjs';
import { forward } from '../../lib/forward/forward';
import { weightsOf } from '../../lib/core/weights';
import { mlp } from '../../lib/models/mlp';

const config = { inputSize: 4, hiddenSizes: [8, 5], outputSize: 3, seed: 1 };

describe('mlp', () => {
  it('is dense layers with ReLU between them', () => {
    const model = mlp(config);
    const weights = new Map(weightsOf(model).map(({ path, variable }) => [path, variable]));
    expect([...weights.keys()].sort()).toEqual(
      ['hidden/0', 'hidden/1', 'output'].flatMap((layer) => [`${layer}/bias`, `${layer}/kernel`]),
    );
    const x = tf.tensor2d([[1, -2, 3, 0.5]]);
    const kernel = (layer: string) => weights.get(`${layer}/kernel`) as unknown as tf.Tensor2D;
    const hidden = tf.relu(tf.matMul(tf.relu(tf.matMul(x, kernel('hidden/0'))), kernel('hidden/1')));
    expect(forward(model, [x], false).arraySync()).toEqual(tf.matMul(hidden, kernel('output')).arraySync());
  });

  it('starts from the same bits for the same seed, and comes back from JSON the same', async () => {
    const [x, model] = [tf.ones([1, 4]), mlp({ ...config, dropout: 0.5 })];
    const copy = await tf.models.modelFromJSON(model.toJSON(null, false) as never);
    for (const same of [mlp({ ...config, dropout: 0.5 }), copy]) {
      expect(forward(same, [x], true).arraySync()).toEqual(forward(model, [x], true).arraySync());
    }
    expect(forward(mlp({ ...config, seed: 2 }), [x], false).arraySync()).not.toEqual(
      forward(model, [x], false).arraySync(),
    );
  });

  it('is linear without hidden layers', () => {
    expect(weightsOf(mlp({ ...config, hiddenSizes: [] })).map(({ path }) => path)).toEqual([
      'output/kernel',
      'output/bias',
    ]);
  });
});
