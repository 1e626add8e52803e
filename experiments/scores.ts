import { Dataset, Examples, labelsOf } from '../datasets/dataset';
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

/** The scores of a task; the first one is the one that decides. */
function scoresOf({ dev, otherDevs = {}, metric, alsoReported = [], regression }: AnyDataset): Score[] {
  const names = new Set([metric, ...alsoReported, ...(regression ? [] : (['accuracy'] as const))]);
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

/** What always giving the same answer scores: the most frequent class, or any number. */
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
