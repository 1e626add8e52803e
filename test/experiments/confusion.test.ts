import { confusion } from '../../experiments/confusion';
import { confusionTable, describeConfusion } from '../../experiments/confusion-table';
import { hostTensor } from '../../lib/core/host-tensor';

const truth = hostTensor(Int32Array.of(0, 0, 1, 2, 2), [5]);
const logits = hostTensor(Float32Array.of(9, 1, 0, 0, 2, 1, 0, 3, 1, 0, 4, 1, NaN, 0, 0), [5, 3]);

test('counts what examples of each class are taken for; answers that are no numbers are none', () => {
  const { counts } = confusion(logits, truth, ['a', 'b', 'c']);
  expect(counts).toEqual([
    [1, 1, 0],
    [0, 1, 0],
    [0, 1, 0],
  ]);
});

test('shows recall by row and precision by column, and no share of nothing', () => {
  expect(confusionTable(confusion(logits, truth, ['a', 'b', 'c']))).toEqual({
    columns: ['is \\ answer', 'a', 'b', 'c', 'recall'],
    rows: [
      ['a', '1', '1', '0', '50.0%'],
      ['b', '0', '1', '0', '100.0%'],
      ['c', '0', '1', '0', '0.0%'],
      ['precision', '100.0%', '33.3%', '–', ''],
    ],
  });
});

test('the terminal has room for few classes', () => {
  const labels = Array.from({ length: 13 }, (_, i) => `class ${i}`);
  const counts = labels.map((_, i) => labels.map((_, j) => Number(i === j)));
  expect(describeConfusion({ labels, counts })).toBe('The confusion matrix of 13 classes is in the report.');
  const few = { labels: labels.slice(0, 12), counts: counts.slice(0, 12).map((row) => row.slice(0, 12)) };
  const lines = describeConfusion(few).split('\n');
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
});
