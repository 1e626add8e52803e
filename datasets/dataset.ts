/** A text, or a pair of texts. */
export interface Texts {
  readonly text: string;
  /** The second text of a task about two. */
  readonly pair?: string;
}

/** A text, or a pair of texts, with its label. */
export interface Example<Label = number> extends Texts {
  /** The class, from 0; any number for a regression; for several labels or numbers at once, one of each. */
  readonly label: Label;
}

/** Examples that are read from where they are kept, a file for example, each time they are asked for. */
export interface StoredExamples extends Iterable<Example> {
  readonly length: number;
  /** Of all examples, by number. */
  readonly labels: Int32Array | Float32Array;
  at(example: number): Example;
  /** About how long an example is, in any unit. */
  sizeOf(example: number): number;
}

/** Examples in memory, or where they are kept. */
export type Examples = readonly Example[] | StoredExamples;

/** The labels of examples, by number. */
export function labelsOf(examples: Examples): number[] {
  return 'sizeOf' in examples ? [...examples.labels] : examples.map(({ label }) => label);
}

/** The metrics of GLUE, by the names under which they are reported; trainers/metrics.ts computes them. */
export type MetricName = 'accuracy' | 'f1' | 'mcc' | 'pearson' | 'spearman';

/** A task: examples to train on, examples to evaluate on, and how answers are scored. */
export interface Dataset<E extends Examples = readonly Example[]> {
  readonly name: string;
  readonly train: E;
  readonly dev: E;
  /** Names of the classes, by number; one name for a regression. */
  readonly labels: readonly string[];
  /** Whether labels are numbers to predict; false by default. */
  readonly regression?: boolean;
  readonly metric: MetricName;
  /** Metrics that are reported beside it; none by default. */
  readonly alsoReported?: readonly MetricName[];
  /** Further sets to evaluate on, each by the ending of its scores' names: MNLI's mismatched one is `mm`. */
  readonly otherDevs?: Readonly<Record<string, readonly Example[]>>;
  /** What people should know of the data: how many rows the files have, for example. */
  readonly notes?: readonly string[];
}
