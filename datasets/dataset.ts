import type { Problem } from '../lib/models/problem';

/** A text, or a pair of texts. */
export interface Texts {
  /** As it was read, not cut into pieces yet. */
  readonly text: string;
  /** The second text of a task about two. */
  readonly pair?: string;
}

/** A class or number, or one number for each of several labels. */
export type AnyLabel = number | readonly number[];

/** A text, or a pair of texts, with its label. */
export interface Example<Label = number> extends Texts {
  /** The class, from 0; any number for a regression; for several labels or numbers at once, one of each. */
  readonly label: Label;
}

/** Examples that are read from where they are kept, a file for example, each time they are asked for. */
export interface StoredExamples extends Iterable<Example<AnyLabel>> {
  /** How many examples. */
  readonly length: number;
  /** Of all examples, by number: one of each, or `outputs` of each, one example after the other. */
  readonly labels: Int32Array | Float32Array;
  /** How many labels an example has, where that is a list; one label, and no list, by default. */
  readonly outputs?: number;
  /** Reads one, by its number from 0. */
  at(example: number): Example<AnyLabel>;
  /** About how long an example is, in any unit. */
  sizeOf(example: number): number;
}

/** Examples in memory, or where they are kept. */
export type Examples = readonly Example<AnyLabel>[] | StoredExamples;

/** The labels of examples, by number. */
export function labelsOf(examples: Examples): AnyLabel[] {
  if (!('sizeOf' in examples)) return examples.map(({ label }) => label);
  return Array.from({ length: examples.length }, (_, example) => labelAt(examples, example));
}

/** An example's label, where all are kept in one array. */
export function labelAt(
  { labels, outputs }: Pick<StoredExamples, 'labels' | 'outputs'>,
  example: number,
): AnyLabel {
  if (outputs === undefined) return labels[example] as number;
  return [...labels.subarray(example * outputs, (example + 1) * outputs)];
}

/**
 * The metrics of GLUE, F1 over several classes, and those of several labels at once, by the names under which they are reported; trainers/metrics.ts computes
 * them.
 */
export type MetricName =
  'accuracy' | 'f1' | 'macro-f1' | 'mcc' | 'pearson' | 'spearman' | 'micro-f1' | 'label-accuracy';

/** A task: examples to train on, examples to evaluate on, and how answers are scored. */
export interface Dataset<E extends Examples = readonly Example[]> {
  /** Of the task, for people: `sst-2`. */
  readonly name: string;
  /** Examples to train on. */
  readonly train: E;
  /** Examples to evaluate on, with labels; nothing is trained on them. */
  readonly dev: E;
  /** Names of the classes, of the labels, or of the numbers to predict, by number. */
  readonly labels: readonly string[];
  /** What is asked of each example; 'single-label' by default: its class. */
  readonly problem?: Problem;
  /** Name of the score that models are compared by, a key of `metrics`. */
  readonly metric: MetricName;
  /** Metrics that are reported beside it; none by default. */
  readonly alsoReported?: readonly MetricName[];
  /** Further sets to evaluate on, each by the ending of its scores' names: MNLI's mismatched one is `mm`. */
  readonly otherDevs?: Readonly<Record<string, readonly Example[]>>;
  /** What people should know of the data: how many rows the files have, for example. */
  readonly notes?: readonly string[];
}
