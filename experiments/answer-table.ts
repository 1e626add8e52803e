import type { HostTensor } from '../lib/core/host-tensor';
import type { Problem } from '../lib/models/problem';
import { outputsOfRow } from './answers';
import { sigmoid, softmax, THRESHOLD } from './probabilities';
import { percent, TextTable } from './table';

/** Labels whose probabilities fit beside each other; of more, only those of the answer are shown. */
const MOST_SHOWN = 5;

/** How the answers to one problem are shown. */
interface Answers {
  columns(labels: readonly string[]): readonly string[];
  /** What a row of outputs says. */
  cells(outputs: Float32Array, labels: readonly string[]): readonly string[];
}

const fits = (labels: readonly string[]): boolean => labels.length <= MOST_SHOWN;

/** The most probable class. */
const singleLabel: Answers = {
  columns: (labels) => ['label', ...(fits(labels) ? labels : ['probability'])],
  cells(outputs, labels) {
    const probabilities = softmax(outputs);
    const best = probabilities.indexOf(Math.max(...probabilities));
    return [labels[best]!, ...(fits(labels) ? probabilities : [probabilities[best]!]).map(percent)];
  },
};

/** Every label that is more probable than not. */
const multiLabel: Answers = {
  columns: (labels) => ['labels', ...(fits(labels) ? labels : [])],
  cells(outputs, labels) {
    const probabilities = Array.from(outputs, sigmoid);
    const shown = (i: number) => (fits(labels) ? labels[i]! : `${labels[i]!} ${percent(probabilities[i]!)}`);
    const right = labels.flatMap((_, i) => (probabilities[i]! > THRESHOLD ? [shown(i)] : []));
    return [right.join(', ') || 'none', ...(fits(labels) ? probabilities.map(percent) : [])];
  },
};

const regression: Answers = {
  columns: (labels) => labels,
  cells: (outputs) => Array.from(outputs, (value) => value.toFixed(3)),
};

const ANSWERS: Readonly<Record<Problem, Answers>> = {
  'single-label': singleLabel,
  'multi-label': multiLabel,
  regression,
};

/** What is known of a model's outputs. */
export interface Outputs {
  readonly problem: Problem;
  readonly labels: readonly string[];
}

/**
 * What a model answers to sentences, a row each: the class, the labels with a probability above a half, or numbers.
 *
 * @param outputs [sentences, labels]: logits, or numbers.
 */
export function answerTable(
  sentences: readonly string[],
  outputs: HostTensor,
  { problem, labels }: Outputs,
): TextTable {
  const { columns, cells } = ANSWERS[problem];
  return {
    columns: ['sentence', ...columns(labels)],
    rows: sentences.map((sentence, i) => [sentence, ...cells(outputsOfRow(outputs, i), labels)]),
  };
}
