import { hostTensor } from '../../../lib/core/host-tensor';
import { answerDivergence } from '../../../lib/structure/scores/answer-divergence';

const answers = (rows: number[][]) =>
  hostTensor(Float32Array.from(rows.flat()), [rows.length, rows[0]!.length]);

it('of classes is the divergence of their softmax, summed over examples', () => {
  const [before, after] = [
    answers([
      [0, 0],
      [5, 5],
    ]),
    answers([
      [Math.log(3), 0],
      [5, 5],
    ]),
  ];
  expect(answerDivergence('single-label', before, after)).toBeCloseTo(
    -(Math.log(1.5) + Math.log(0.5)) / 2,
    6,
  );
  expect(
    answerDivergence(
      'single-label',
      before,
      answers([
        [9, 9],
        [0, 0],
      ]),
    ),
  ).toBeCloseTo(0, 12);
});

it('of labels is that of each, of numbers half the squared distance', () => {
  const [before, after] = [answers([[0, 2]]), answers([[Math.log(3), 2]])];
  expect(answerDivergence('multi-label', before, after)).toBeCloseTo(-(Math.log(1.5) + Math.log(0.5)) / 2, 6);
  expect(answerDivergence('regression', answers([[1, 2]]), answers([[3, 1]]))).toBe(2.5);
});

it('is finite for logits of any size, and NaN for what is none', () => {
  expect(answerDivergence('single-label', answers([[800, -800]]), answers([[-800, 800]]))).toBe(1600);
  expect(answerDivergence('single-label', answers([[0, 0]]), answers([[NaN, 0]]))).toBeNaN();
});
