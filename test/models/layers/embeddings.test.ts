import * as tf from '@tensorflow/tfjs';
import { firstToken } from '../../../lib/models/layers/first-token';
import { positionEmbedding } from '../../../lib/models/layers/position-embedding';
import { tokenEmbedding } from '../../../lib/models/layers/token-embedding';
import { typeEmbedding } from '../../../lib/models/layers/type-embedding';
import { expectNoLeak } from '../../leaks';

const options = (name: string, rows: number) => ({ name, rows, width: 2, stddev: 1, seed: 1 });
const table = (rows: number[][]) => tf.tensor2d(rows);
const ids = (rows: number[][]) => tf.tensor2d(rows, undefined, 'int32');

/** Applies a layer with the given table; the gradient of the output's sum by the table. */
function applyWith(layer: tf.layers.Layer, weights: tf.Tensor, inputs: tf.Tensor | tf.Tensor[]) {
  const built = layer.apply(inputs) as tf.Tensor;
  layer.setWeights([weights]);
  built.dispose();
  const { grads } = tf.variableGrads(() => (layer.apply(inputs) as tf.Tensor).sum() as tf.Scalar);
  return {
    y: (layer.apply(inputs) as tf.Tensor).arraySync(),
    gradient: Object.values(grads)[0]!.arraySync(),
  };
}

const E = [
  [1, 2],
  [3, 4],
  [5, 6],
];

describe('tokenEmbedding', () => {
  it('looks up rows; repeated ids add up in the gradient', () => {
    const { y, gradient } = applyWith(tokenEmbedding(options('token', 3)), table(E), ids([[2, 0, 2]]));
    expect(y).toEqual([[E[2], E[0], E[2]]]);
    expect(gradient).toEqual([
      [1, 1],
      [0, 0],
      [2, 2],
    ]);
  });
});

describe('positionEmbedding', () => {
  it('adds the first rows, the same to each example', () => {
    const { y, gradient } = applyWith(
      positionEmbedding(options('position', 3)),
      table(E),
      tf.ones([2, 2, 2]),
    );
    const example = [
      [2, 3],
      [4, 5],
    ];
    expect(y).toEqual([example, example]);
    expect(gradient).toEqual([
      [2, 2],
      [2, 2],
      [0, 0],
    ]);
  });

  it('refuses more tokens than positions', () => {
    const apply = () => positionEmbedding(options('position', 3)).apply(tf.ones([1, 4, 2]));
    expect(apply).toThrow('at most 3 tokens at layer "position", got 4');
  });
});

describe('typeEmbedding', () => {
  it('adds the row of the type', () => {
    const inputs = [tf.zeros([1, 3, 2]), ids([[1, 0, 1]])];
    const { y, gradient } = applyWith(typeEmbedding(options('type', 3)), table(E), inputs);
    expect(y).toEqual([[E[1], E[0], E[1]]]);
    expect(gradient).toEqual([
      [1, 1],
      [2, 2],
      [0, 0],
    ]);
  });
});

describe('firstToken', () => {
  it('takes the first token of each example', () => {
    const x = tf.tensor3d([
      [E[0]!, E[1]!],
      [E[2]!, E[1]!],
    ]);
    expect((firstToken().apply(x) as tf.Tensor).arraySync()).toEqual([E[0], E[2]]);
  });
});

it('embedding layers leave no tensors behind', async () => {
  const [tokens, x] = [ids([[1, 0]]), tf.ones([1, 2, 2])];
  const token = tokenEmbedding(options('t', 3));
  const position = positionEmbedding(options('p', 3));
  const type = typeEmbedding(options('y', 3));
  await expectNoLeak(() =>
    tf.dispose([token.apply(tokens), position.apply(x), type.apply([x, tokens])] as tf.Tensor[]),
  );
});
