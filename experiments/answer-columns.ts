import type { Problem } from '../lib/models/problem';
import type { Outputs } from './answer-table';
import { sigmoid, softmax, THRESHOLD } from './probabilities';
import type { Value } from './row-file';

/** What stands in a file beside a text that was answered. */
export interface AnswerColumns {
  readonly names: readonly string[];
  /** @param outputs [labels] of one text: logits, or numbers. */
  values(outputs: Float32Array): readonly Value[];
}

type Columns = (labels: readonly string[]) => AnswerColumns;

const probabilityNames = (labels: readonly string[]) => labels.map((label) => `p(${label})`);

const COLUMNS: Readonly<Record<Problem, Columns>> = {
  'single-label': (labels) => ({
    names: ['answer', ...probabilityNames(labels)],
    values(outputs) {
      const probabilities = softmax(outputs);
      return [labels[probabilities.indexOf(Math.max(...probabilities))]!, ...probabilities];
    },
  }),
  'multi-label': (labels) => ({
    names: ['answers', ...probabilityNames(labels)],
    values(outputs) {
      const probabilities = Array.from(outputs, sigmoid);
      return [labels.filter((_, i) => probabilities[i]! > THRESHOLD), ...probabilities];
    },
  }),
  regression: (labels) => ({
    names: labels.length === 1 ? ['answer'] : labels.map((label) => `answer(${label})`),
    values: (outputs) => [...outputs],
  }),
};

/** The columns of answers: the class or the labels and every one's probability, or numbers. */
export const answerColumns = ({ problem, labels }: Outputs): AnswerColumns => COLUMNS[problem](labels);
