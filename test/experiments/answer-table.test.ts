import { answerTable } from '../../experiments/answer-table';
import { hostTensor } from '../../lib/core/host-tensor';

const outputs = (...values: number[]) => hostTensor(Float32Array.from(values), [1, values.length]);
const many = ['a', 'b', 'c', 'd', 'e', 'f'];

it.each([
  [
    'single-label',
    ['no', 'yes'],
    [0, 0],
    [
      ['no', '50.0%', '50.0%'],
      ['label', 'no', 'yes'],
    ],
  ],
  [
    'single-label',
    ['no', 'yes'],
    [-1000, 1000],
    [
      ['yes', '0.0%', '100.0%'],
      ['label', 'no', 'yes'],
    ],
  ],
  [
    'single-label',
    many,
    [0, 0, 100, 0, 0, 0],
    [
      ['c', '100.0%'],
      ['label', 'probability'],
    ],
  ],
  [
    'multi-label',
    ['rude', 'sad'],
    [1000, Math.log(3)],
    [
      ['rude, sad', '100.0%', '75.0%'],
      ['labels', 'rude', 'sad'],
    ],
  ],
  [
    'multi-label',
    ['rude', 'sad'],
    [0, -1000],
    [
      ['none', '50.0%', '0.0%'],
      ['labels', 'rude', 'sad'],
    ],
  ],
  [
    'multi-label',
    ['rude'],
    [1000],
    [
      ['rude', '100.0%'],
      ['labels', 'rude'],
    ],
  ],
  ['multi-label', many, [-9, 1000, -9, Math.log(3), -9, -9], [['b 100.0%, d 75.0%'], ['labels']]],
  ['multi-label', many, [-9, -9, -9, -9, -9, -9], [['none'], ['labels']]],
  ['regression', ['score'], [1.23456], [['1.235'], ['score']]],
  [
    'regression',
    ['x', 'y', 'z'],
    [3, 1, 2],
    [
      ['3.000', '1.000', '2.000'],
      ['x', 'y', 'z'],
    ],
  ],
] as const)('answers to a %s problem of %j with %j', (problem, labels, values, [cells, columns]) => {
  expect(answerTable(['why'], outputs(...values), { problem, labels })).toEqual({
    columns: ['sentence', ...columns],
    rows: [['why', ...cells]],
  });
});
