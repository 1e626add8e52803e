import type { Dataset, Example } from './dataset';

const STEPS = 300;
const LEARNING_RATE = 0.5;

/**
 * Dev accuracy of a classifier that sees which words a text has and how often, and not their order: multinomial logistic regression
 * on word counts, by full-batch gradient descent from 0. What a task's score must beat to show that order was learned.
 */
export function bagOfWords({ train, dev, labels }: Pick<Dataset, 'train' | 'dev' | 'labels'>): number {
  const words = new Map([...new Set(train.flatMap(wordsOf))].map((word, i) => [word, i]));
  const bags = train.map((example) => bagOf(example, words));
  const weights = labels.map(() => new Float64Array(words.size + 1)); // the last one is the bias
  for (let step = 0; step < STEPS; step++) descend(weights, bags, train);
  const right = dev.filter((example) => mostLikely(weights, bagOf(example, words)) === example.label);
  return right.length / dev.length;
}

function wordsOf({ text, pair = '' }: Example): string[] {
  return `${text} ${pair}`.toLowerCase().split(/\s+/).filter(Boolean);
}

/** The known words of a text by number, each as often as it occurs, and the bias. */
function bagOf(example: Example, words: ReadonlyMap<string, number>): number[] {
  return [...wordsOf(example).flatMap((word) => words.get(word) ?? []), words.size];
}

function descend(
  weights: readonly Float64Array[],
  bags: readonly number[][],
  train: readonly Example[],
): void {
  const gradients = weights.map(({ length }) => new Float64Array(length));
  bags.forEach((bag, row) => {
    probabilities(weights, bag).forEach((probability, label) => {
      const error = probability - (train[row]!.label === label ? 1 : 0);
      for (const word of bag) gradients[label]![word]! += error / bags.length;
    });
  });
  weights.forEach((row, label) => row.forEach((_, i) => (row[i]! -= LEARNING_RATE * gradients[label]![i]!)));
}

function scores(weights: readonly Float64Array[], bag: readonly number[]): number[] {
  return weights.map((row) => bag.reduce((sum, word) => sum + row[word]!, 0));
}

function probabilities(weights: readonly Float64Array[], bag: readonly number[]): number[] {
  const logits = scores(weights, bag);
  const largest = Math.max(...logits);
  const powers = logits.map((logit) => Math.exp(logit - largest));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

function mostLikely(weights: readonly Float64Array[], bag: readonly number[]): number {
  const logits = scores(weights, bag);
  return logits.indexOf(Math.max(...logits));
}
