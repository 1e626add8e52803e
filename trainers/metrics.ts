import { mode, sampleCorrelation, sampleRankCorrelation } from 'simple-statistics';
import type { AnyLabel, MetricName } from '../datasets/dataset';
import { HostTensor, hostTensor } from '../lib/core/host-tensor';
import { UserError } from '../lib/core/errors';
import { ofNumbers, type Metric } from './metric';
import { labelAccuracy, microF1 } from './multi-label-metrics';

export type { Metric } from './metric';

/** Share of right answers, in [0, 1]. */
export const accuracy: Metric = scoreOf(
  (answers, truth) => count(answers, (answer, i) => answer === truth[i]) / answers.length,
);

/**
 * F1 of class 1, as GLUE scores MRPC and QQP: `2·tp / (2·tp + fp + fn)`, in [0, 1]; 0 where class 1 is neither there nor
 * answered.
 */
export const f1: Metric = scoreOf((answers, truth) => {
  const hits = count(answers, (answer, i) => answer === 1 && truth[i] === 1);
  const ones = count(answers, (answer) => answer === 1) + count(truth, (label) => label === 1);
  return ones === 0 ? 0 : (2 * hits) / ones;
});

/**
 * The mean F1 of all classes that are there or answered, each counting the same, in [0, 1]: `f1_score(average='macro')` of
 * scikit-learn.
 */
export const macroF1: Metric = scoreOf((answers, truth) => {
  const hits = tally(answers.filter((answer, i) => answer === truth[i]));
  const [answered, there] = [tally(answers), tally(truth)];
  const classes = [...new Set([...truth, ...answers])];
  const ones = (label: number) => (answered.get(label) ?? 0) + (there.get(label) ?? 0);
  const scores = classes.map((label) => (2 * (hits.get(label) ?? 0)) / ones(label));
  return scores.reduce((sum, score) => sum + score, 0) / classes.length;
});

/**
 * Matthews' correlation coefficient, as GLUE scores CoLA, in [-1, 1]. For two classes
 * `(tp·tn − fp·fn) / √((tp+fp)(tp+fn)(tn+fp)(tn+fn))`, for more Gorodkin's R_K, which is the same for two; 0 where all answers,
 * or all labels, are one class.
 */
export const mcc: Metric = scoreOf((answers, truth) => {
  const n = answers.length;
  const right = count(answers, (answer, i) => answer === truth[i]);
  const answered = tally(answers);
  const there = tally(truth);
  const together = (a: Map<number, number>, b: Map<number, number>) =>
    [...a].reduce((sum, [label, times]) => sum + times * (b.get(label) ?? 0), 0);
  const covariance = right * n - together(answered, there);
  const variances = (n * n - together(answered, answered)) * (n * n - together(there, there));
  return variances === 0 ? 0 : covariance / Math.sqrt(variances);
});

/**
 * Pearson's correlation, as GLUE scores STS-B, in [-1, 1]; 0 where it is undefined because one side is constant. Of several numbers an
 * example, [examples, numbers], the mean over the numbers.
 */
export const pearson: Metric = perNumber(
  scoreOf((answers, truth) => correlation(sampleCorrelation, answers, truth)),
);

/**
 * Spearman's rank correlation, in [-1, 1]: equal values share the mean of their ranks; 0 where one side is constant. Of several numbers
 * an example, the mean over the numbers.
 */
export const spearman: Metric = perNumber(
  scoreOf((answers, truth) => correlation(sampleRankCorrelation, answers, truth)),
);

/** The metrics by the names that tasks know them by. */
export const metrics: Readonly<Record<MetricName, Metric>> = {
  accuracy,
  f1,
  'macro-f1': macroF1,
  mcc,
  pearson,
  spearman,
  'micro-f1': microF1,
  'label-accuracy': labelAccuracy,
};

/**
 * The score of always giving the most frequent answer, of several labels at once that to each: what a model must beat to have learned
 * anything. 0 for a correlation.
 *
 * @example majorityScore(accuracy, [1, 1, 0]) // 2/3
 * @example majorityScore(labelAccuracy, [[1, 0], [1, 1], [1, 0]]) // 5/6: the first label, and not the second
 */
export function majorityScore(metric: Metric, labels: readonly AnyLabel[]): number {
  const [first = []] = labels;
  const shape = typeof first === 'number' ? [labels.length] : [labels.length, first.length];
  const truth = hostTensor(Float32Array.from(labels.flat()), shape);
  const [, outputs = 1] = shape;
  const modes = Array.from({ length: outputs }, (_, i) => mode([...column(truth, i).data]));
  const always = truth.data.map((_, i) => modes[i % outputs]!);
  return metric(hostTensor(always, shape), truth);
}

type Values = readonly number[];

/** A metric, from a score of answers against the truth. */
function scoreOf(score: (answers: Values, truth: Values) => number): Metric {
  return ofNumbers((predictions, labels) => {
    const answers = answersOf(predictions);
    const truth = [...labels.data];
    if (answers.length !== truth.length || truth.length === 0) {
      throw new UserError(
        `Expected as many predictions as labels, at least 1, got ${answers.length} and ${truth.length}.`,
      );
    }
    return score(answers, truth);
  });
}

/** A metric of one number an example, averaged over several where predictions and labels have them. */
function perNumber(metric: Metric): Metric {
  return (predictions, labels) => {
    const [, numbers = 1] = labels.shape;
    if (numbers === 1 || predictions.shape.join() !== labels.shape.join()) return metric(predictions, labels);
    const scores = Array.from({ length: numbers }, (_, i) =>
      metric(column(predictions, i), column(labels, i)),
    );
    return scores.reduce((sum, score) => sum + score, 0) / numbers;
  };
}

/** [examples, numbers] → [examples] */
function column({ data, shape }: HostTensor, index: number): HostTensor {
  const [examples = 0, numbers = 1] = shape;
  return hostTensor(
    Float32Array.from({ length: examples }, (_, i) => data[i * numbers + index]!),
    [examples],
  );
}

/** The answers in a model's outputs, as every {@link Metric} reads them: the class of the largest output of a row, -1 of a row with NaN, or the number. */
export function answersOf({ data, shape }: HostTensor): readonly number[] {
  const [examples = 1, classes = 1] = shape;
  if (classes === 1) return [...data];
  return Array.from({ length: examples }, (_, i) => {
    const row = [...data.subarray(i * classes, (i + 1) * classes)];
    return row.indexOf(Math.max(...row));
  });
}

function count(values: Values, test: (value: number, i: number) => boolean): number {
  return values.reduce((sum, value, i) => sum + Number(test(value, i)), 0);
}

function tally(values: Values): Map<number, number> {
  const times = new Map<number, number>();
  for (const value of values) times.set(value, (times.get(value) ?? 0) + 1);
  return times;
}

function correlation(of: (x: number[], y: number[]) => number, x: Values, y: Values): number {
  const constant = [x, y].some((values) => values.every((value) => value === values[0]));
  return constant ? 0 : of([...x], [...y]);
}
