import { hostTensor } from '../../lib/core/host-tensor';
import { labelAccuracy, microF1 } from '../../trainers/multi-label-metrics';

const rows = (...values: number[][]) =>
  hostTensor(Float32Array.from(values.flat()), [values.length, values[0]!.length]);

it.each([
  [
    'all right',
    [
      [2, -1],
      [-3, 0.1],
    ],
    [
      [1, 0],
      [0, 1],
    ],
    1,
    1,
  ],
  ['all wrong', [[2, -1]], [[0, 1]], 0, 0],
  [
    'none of rare labels',
    [
      [-1, -1],
      [-1, -1],
    ],
    [
      [0, 0],
      [0, 1],
    ],
    0.75,
    0,
  ],
  ['nothing where nothing is right', [[-1, -1]], [[0, 0]], 1, 0],
  ['one of two, and one too many', [[1, 1, -1]], [[1, 0, 1]], 1 / 3, 0.5],
  ['no answer at a probability of a half', [[0]], [[1]], 0, 0],
])('scores %s', (_, logits, labels, share, f1) => {
  expect(labelAccuracy(rows(...logits), rows(...labels))).toBeCloseTo(share, 12);
  expect(microF1(rows(...logits), rows(...labels))).toBeCloseTo(f1, 12);
});

it.each([labelAccuracy, microF1])('refuses other shapes, and no examples', (metric) => {
  expect(() => metric(rows([1, 2]), rows([1], [0]))).toThrow('shape [1, 2] and labels of [2, 1]');
  const none = hostTensor(new Float32Array(0), [0, 2]);
  expect(() => metric(none, none)).toThrow('at least one example');
});
