import { UserError } from '../lib/core/errors';
import type { HostTensor } from '../lib/core/host-tensor';
import { ofNumbers, type Metric } from './metric';

/*
 * Scores of answers that are several labels at once. Predictions are logits, [examples, labels], of which those above 0, a probability
 * above a half, are answers; labels are numbers of the same shape, of which those above a half are right.
 */

/** Share of right decisions over every label of every example, in [0, 1]. Where labels are rare, saying none scores high. */
export const labelAccuracy: Metric = ofNumbers((predictions, labels) => {
  const { falseHits, misses } = decisionsOf(predictions, labels);
  return 1 - (falseHits + misses) / labels.data.length;
});

/**
 * Micro-averaged F1, of the decisions on all labels together: `2·tp / (2·tp + fp + fn)`, in [0, 1]; 0 where no label is right or
 * answered.
 */
export const microF1: Metric = ofNumbers((predictions, labels) => {
  const { hits, falseHits, misses } = decisionsOf(predictions, labels);
  const all = 2 * hits + falseHits + misses;
  return all === 0 ? 0 : (2 * hits) / all;
});

interface Decisions {
  readonly hits: number;
  readonly falseHits: number;
  readonly misses: number;
}

function decisionsOf(predictions: HostTensor, labels: HostTensor): Decisions {
  if (predictions.shape.join() !== labels.shape.join() || labels.data.length === 0) {
    throw new UserError(
      `Expected a number for each label of at least one example, got predictions of shape [${predictions.shape.join(', ')}] and ` +
        `labels of [${labels.shape.join(', ')}].`,
    );
  }
  let [hits, falseHits, misses] = [0, 0, 0];
  labels.data.forEach((label, i) => {
    const [answered, right] = [predictions.data[i]! > 0, label > 0.5];
    if (answered && right) hits++;
    else if (answered) falseHits++;
    else if (right) misses++;
  });
  return { hits, falseHits, misses };
}
