import { Dataset, Examples, labelsOf, MetricName } from '../datasets/dataset';
import type { Problem } from '../lib/models/problem';
import { hostTensor, HostTensor, sizeOf } from '../lib/core/host-tensor';
import { majorityScore, Metric, metrics } from '../trainers/metrics';
import { constantName } from './result';
import type { Baseline } from './score-table';

type AnyDataset = Dataset<Examples>;

/** A metric of a task, and the examples it is about. */
interface Score {
  readonly name: string;
  readonly metric: Metric;
  readonly begin: number;
  readonly examples: Examples;
}

/** Shares of right answers, which are reported wherever there are any. */
const SHARES = {
  'single-label': ['accuracy'],
  'multi-label': ['label-accuracy'],
  regression: [],
} as const satisfies Readonly<Record<Problem, readonly MetricName[]>>;

/** The scores of a task; the first one is the one that decides. */
function scoresOf(dataset: AnyDataset): Score[] {
  const { dev, otherDevs = {}, metric, alsoReported = [], problem = 'single-label' } = dataset;
  const names = new Set<MetricName>([metric, ...alsoReported, ...SHARES[problem]]);
  let begin = 0;
  return [['', dev] as const, ...Object.entries(otherDevs)].flatMap(([suffix, examples]) => {
    const place = { begin, examples };
    begin += examples.length;
    return [...names].map((name) => ({
      ...place,
      name: suffix ? `${name}-${suffix}` : name,
      metric: metrics[name],
    }));
  });
}

/** All that a task evaluates on, in one: the dev set, and then the others. */
export function evaluationExamples({ dev, otherDevs }: AnyDataset): Examples {
  return otherDevs ? [...dev, ...Object.values(otherDevs).flat()] : dev;
}

/**
 * The metrics of a task, by the names under which they are reported, each of its own part of `evaluationExamples`: `accuracy`, and
 * of MNLI's mismatched set `accuracy-mm`.
 */
export function taskMetrics(dataset: AnyDataset): Readonly<Record<string, Metric>> {
  return Object.fromEntries(
    scoresOf(dataset).map(({ name, metric, begin, examples }) => [
      name,
      (predictions, labels) => {
        const rows = (tensor: HostTensor) => slice(tensor, begin, examples.length);
        return metric(rows(predictions), rows(labels));
      },
    ]),
  );
}

/** What always giving the same answer scores: the most frequent class, of each label the more frequent answer, or any number. */
export function constantBaseline(dataset: AnyDataset): Baseline {
  const scores = scoresOf(dataset).map(({ name, metric, examples }) => [
    name,
    majorityScore(metric, labelsOf(examples)),
  ]);
  return {
    name: constantName(dataset.metric),
    scores: Object.fromEntries(scores) as Baseline['scores'],
  };
}

/** `f1 0.8122, accuracy 0.6838` */
export function describeScores(scores: Readonly<Record<string, number>>): string {
  return Object.entries(scores)
    .map(([name, score]) => `${name} ${score.toFixed(4)}`)
    .join(', ');
}

function slice({ data, shape }: HostTensor, begin: number, rows: number): HostTensor {
  const width = sizeOf(shape.slice(1));
  return hostTensor(data.subarray(begin * width, (begin + rows) * width), [rows, ...shape.slice(1)]);
}
