/** A text, or a pair of texts, with its label. */
export interface Example {
  readonly text: string;
  /** The second text of a task about two. */
  readonly pair?: string;
  /** The class, from 0; any number for a regression. */
  readonly label: number;
}

/** The metrics of GLUE, by the names under which they are reported; trainers/metrics.ts computes them. */
export type MetricName = 'accuracy' | 'f1' | 'mcc' | 'pearson' | 'spearman';

/** A task: examples to train on, examples to evaluate on, and how answers are scored. */
export interface Dataset {
  readonly name: string;
  readonly train: readonly Example[];
  readonly dev: readonly Example[];
  /** Names of the classes, by number; one name for a regression. */
  readonly labels: readonly string[];
  /** Whether labels are numbers to predict; false by default. */
  readonly regression?: boolean;
  readonly metric: MetricName;
}
