import type { Dataset, Examples } from '../../datasets/dataset';
import { constantBaseline, describeScores, evaluationExamples, taskMetrics } from '../../experiments/scores';
import { hostTensor } from '../../lib/core/host-tensor';

const examples = (...labels: number[]) => labels.map((label) => ({ text: `a ${label}`, label }));
const dataset = (more: Partial<Dataset>): Dataset => ({
  ...{
    name: 'task',
    train: examples(0, 1),
    dev: examples(1, 1, 0),
    labels: ['no', 'yes'],
    metric: 'accuracy',
  },
  ...more,
});
const tensor = (shape: number[], ...values: number[]) => hostTensor(Float32Array.from(values), shape);

const three = dataset({ labels: ['a', 'b', 'c'], dev: examples(2, 2, 0), otherDevs: { mm: examples(1, 1) } });

it('scores every set on its own rows', () => {
  expect(Array.from(evaluationExamples(three), ({ label }) => label)).toEqual([2, 2, 0, 1, 1]);
  const logits = tensor([5, 3], 0, 0, 1, 0, 1, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1);
  const truth = tensor([5], 2, 2, 0, 1, 1);
  const scores = Object.entries(taskMetrics(three)).map(([name, metric]) => [name, metric(logits, truth)]);
  expect(scores).toEqual([
    ['accuracy', 2 / 3],
    ['accuracy-mm', 1 / 2],
  ]);
});

it("compares every score with the majority class of the score's own set", () => {
  expect(constantBaseline(three)).toEqual({
    name: 'majority class',
    scores: { accuracy: 2 / 3, 'accuracy-mm': 1 },
  });
});

it("has the task's metric first, and accuracy wherever there are classes", () => {
  const names = (more: Partial<Dataset>) => Object.keys(taskMetrics(dataset(more)));
  expect(names({ metric: 'f1', alsoReported: ['accuracy'] })).toEqual(['f1', 'accuracy']);
  expect(names({ metric: 'mcc' })).toEqual(['mcc', 'accuracy']);
  expect(names({ metric: 'pearson', alsoReported: ['spearman'], problem: 'regression' })).toEqual([
    'pearson',
    'spearman',
  ]);
});

it('scores several labels by micro-F1 and by label, beside the more frequent answer to each', () => {
  const dev = [
    { text: 'a', label: [1, 0] },
    { text: 'b', label: [1, 1] },
    { text: 'c', label: [1, 0] },
  ];
  const several: Dataset<Examples> = {
    ...{ name: 'task', train: dev, dev, labels: ['wet', 'cold'], metric: 'micro-f1', problem: 'multi-label' },
  };
  expect(Object.keys(taskMetrics(several))).toEqual(['micro-f1', 'label-accuracy']);
  expect(constantBaseline(several)).toEqual({
    name: 'majority per label',
    scores: { 'micro-f1': 6 / 7, 'label-accuracy': 5 / 6 },
  });
});

it('gives a constant answer to a regression, which correlates with nothing', () => {
  const regression = dataset({
    ...{ metric: 'pearson', alsoReported: ['spearman'], problem: 'regression', dev: examples(1, 2.5, 4) },
  });
  const { name, scores } = constantBaseline(regression);
  expect([name, scores]).toEqual(['constant answer', { pearson: 0, spearman: 0 }]);
  expect(describeScores(scores)).toBe('pearson 0.0000, spearman 0.0000');
});
