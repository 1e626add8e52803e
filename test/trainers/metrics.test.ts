import { UserError } from '../../lib/core/errors';
import { hostTensor } from '../../lib/core/host-tensor';
import { labelAccuracy, microF1 } from '../../trainers/multi-label-metrics';
import {
  accuracy,
  f1,
  macroF1,
  majorityScore,
  mcc,
  Metric,
  metrics,
  pearson,
  spearman,
} from '../../trainers/metrics';

const classes = (...values: number[]) => hostTensor(Int32Array.from(values), [values.length]);
const numbers = (...values: number[]) => hostTensor(Float32Array.from(values), [values.length]);

describe('classification', () => {
  it.each<[string, number[], number[], number, number, number]>([
    ['all right', [0, 1], [0, 1], 1, 1, 1],
    ['always 1', [1, 1], [0, 1], 0.5, 2 / 3, 0],
    ['mixed', [1, 0, 1, 0, 1], [1, 1, 1, 0, 0], 0.6, 2 / 3, 1 / 6],
    ['always 0', [0, 0, 0, 0], [1, 0, 1, 1], 0.25, 0, 0],
    ['all wrong', [0, 1, 0, 1], [1, 0, 1, 0], 0, 0, -1],
    ['one class in the labels', [1, 0, 1], [1, 1, 1], 2 / 3, 0.8, 0],
  ])('scores %s', (_, answers, truth, ...scores) => {
    const given = [accuracy, f1, mcc].map((metric) => metric(classes(...answers), classes(...truth)));
    given.forEach((score, i) => expect(score).toBeCloseTo(scores[i] as number, 12));
  });

  it('answers with the largest output of each row, the first among equals', () => {
    const outputs = hostTensor(Float32Array.of(-3, -2, 5, 5, -1, -4), [3, 2]);
    expect(accuracy(outputs, classes(1, 0, 0))).toBe(1);
    expect(accuracy(outputs, classes(0, 1, 1))).toBe(0);
  });

  it('averages F1 over the classes that are there or answered', () => {
    expect(macroF1(classes(0, 1, 1, 1), classes(0, 0, 1, 2))).toBeCloseTo((2 / 3 + 1 / 2 + 0) / 3, 12);
    expect(macroF1(classes(0, 3), classes(0, 0))).toBeCloseTo((2 / 3 + 0) / 2, 12); // 3 is answered only
    expect(macroF1(classes(2, 2), classes(2, 2))).toBe(1);
    expect(macroF1(classes(1, 0, 1), classes(1, 1, 1))).toBeCloseTo((0.8 + 0) / 2, 12);
  });

  it('extends the correlation to three classes: answers that shift every class are as bad as -1/2', () => {
    expect(mcc(classes(0, 1, 2), classes(0, 1, 2))).toBe(1);
    expect(mcc(classes(1, 2, 0), classes(0, 1, 2))).toBe(-0.5);
  });
});

describe('regression', () => {
  it.each<[string, number[], number[], number, number]>([
    ['a falling line', [-10, -11, -12, -13], [0, 1, 2, 3], -1, -1],
    ['ties', [1, 2, 2, 2, 3, 3, 4], [0, 0, 1, 1, 2, 5, 5], 0.8696263565463044, 0.9136304946339742],
    ['a monotone curve', [1, 3, 9, 27, 81, 243], [0, 1, 2, 3, 4, 5], 0.8297831231093906, 1],
    ['a constant whose mean rounds', [0.1, 0.1, 0.1], [1, 2, 3], 0, 0],
    ['constant labels', [1, 2, 3], [4, 4, 4], 0, 0],
  ])('scores %s', (_, predictions, truth, r, rho) => {
    expect(pearson(numbers(...predictions), numbers(...truth))).toBeCloseTo(r, 12);
    expect(spearman(numbers(...predictions), numbers(...truth))).toBeCloseTo(rho, 12);
  });

  it('averages over several numbers an example', () => {
    const truth = hostTensor(Float32Array.of(1, 3, 2, 2, 3, 1), [3, 2]);
    const falling = hostTensor(Float32Array.of(1, 1, 2, 2, 3, 3), [3, 2]);
    expect([pearson, spearman].map((metric) => metric(falling, truth))).toEqual([0, 0]); // 1 and -1
    expect(pearson(truth, truth)).toBeCloseTo(1, 12);
    expect(() => pearson(numbers(1, 2, 3), truth)).toThrow('as many predictions as labels');
  });

  it('reads a column of outputs as numbers', () => {
    expect(pearson(hostTensor(Float32Array.of(1, 2, 3), [3, 1]), numbers(2, 4, 6))).toBeCloseTo(1, 12);
  });
});

it.each(Object.entries(metrics))('%s of predictions with NaN is NaN, wherever it is', (name, metric) => {
  const several = name === 'micro-f1' || name === 'label-accuracy';
  const labels = several ? hostTensor(Float32Array.of(1, 0, 0, 1), [4, 1]) : classes(1, 0, 0, 1);
  const good = [1, 0, 0, 1];
  const score = (answers: number[]) => metric(hostTensor(Float32Array.from(answers), [4, 1]), labels);
  expect(score(good)).toBeCloseTo(1, 12);
  good.forEach((_, i) => expect(score(good.with(i, NaN))).toBeNaN());
  expect(score([NaN, NaN, NaN, NaN])).toBeNaN();
  expect(() => metric(hostTensor(Float32Array.of(NaN), [1]), labels)).toThrow(UserError);
});

it.each([accuracy, f1, macroF1, mcc])('of classes too, where a row of logits has NaN', (metric) => {
  const logits = (first: number) => hostTensor(Float32Array.of(first, 1, 1, 0), [2, 2]);
  expect(metric(logits(0), classes(1, 0))).toBe(1);
  expect(metric(logits(NaN), classes(1, 0))).toBeNaN();
  expect(metric(logits(-Infinity), classes(1, 0))).toBe(1);
});

describe('majorityScore', () => {
  const MOSTLY_FIRST = [
    [1, 0],
    [1, 1],
    [1, 0],
  ];
  it.each<[Metric, (number | number[])[], number]>([
    [labelAccuracy, MOSTLY_FIRST, 5 / 6],
    [microF1, MOSTLY_FIRST, 6 / 7],
    [microF1, [[0], [1], [0]], 0],
    [pearson, MOSTLY_FIRST, 0],
    [accuracy, [1, 1, 0], 2 / 3],
    [accuracy, [2, 0, 2, 1], 0.5],
    [f1, [1, 1, 0], 0.8],
    [f1, [0, 0, 1], 0],
    [mcc, [1, 1, 0], 0],
    [pearson, [1, 2, 2.5], 0],
    [spearman, [1, 2, 2.5], 0],
  ])('scores always giving the most frequent answer', (metric, labels, score) => {
    expect(majorityScore(metric, labels)).toBeCloseTo(score, 12);
  });
});

it('refuses predictions without a label each', () => {
  for (const metric of Object.values(metrics)) {
    expect(() => metric(classes(1, 0), classes(1))).toThrow(UserError);
    expect(() => metric(classes(), classes())).toThrow(/at least (1, got 0 and 0|one example)/);
  }
});
