import * as tf from '@tensorflow/tfjs';
import { countedPositions } from '../../../lib/models/layers/counted-positions';
import { firstInput } from '../../../lib/models/layers/first-input';
import { typeEmbedding } from '../../../lib/models/layers/type-embedding';
import { expectNoLeak } from '../../leaks';

const int = (rows: number[][]) => tf.tensor2d(rows, undefined, 'int32');

describe('countedPositions', () => {
  const layer = countedPositions({ name: 'places', padId: 1, maxPositions: 5 });

  it('counts the pieces that are no padding, from behind the padding’s own position', () => {
    const places = layer.apply(
      int([
        [0, 7, 7, 2, 1],
        [0, 1, 7, 1, 2],
        [1, 1, 1, 1, 1],
      ]),
    ) as tf.Tensor;
    expect(places.dtype).toBe('int32');
    expect(places.arraySync()).toEqual([
      [2, 3, 4, 5, 1],
      [2, 1, 3, 1, 4],
      [1, 1, 1, 1, 1],
    ]);
  });

  it('has a limit, and leaves no tensors behind', async () => {
    expect(() => layer.apply(int([[0, 0, 0, 0, 0, 0]]))).toThrow('at most 5 tokens at layer "places", got 6');
    const ids = int([[0, 1]]);
    await expectNoLeak(() => void (layer.apply(ids) as tf.Tensor).dispose());
  });
});

test('firstInput gives its first input', () => {
  const [x, y] = [int([[1, 2]]), int([[3]])];
  const first = firstInput({ name: 'first' }).apply([x, y]) as tf.Tensor;
  expect(first.arraySync()).toEqual([[1, 2]]);
});

test('a table of one type is added to every token, whatever its type', () => {
  const layer = typeEmbedding({ name: 'type', rows: 1, width: 2, stddev: 1, seed: 1 });
  const typed = layer.apply([tf.zeros([1, 3, 2]), int([[0, 1, 0]])]) as tf.Tensor;
  const [row] = (layer.getWeights()[0] as tf.Tensor2D).arraySync();
  expect(typed.arraySync()).toEqual([[row, row, row]]);
});
