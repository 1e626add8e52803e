import type { Dataset } from './dataset';
import type { TsvFormat } from './tsv';

/** What is known of a GLUE task (Wang et al. 2019). */
export interface GlueFacts extends Pick<Dataset, 'labels' | 'metric' | 'regression'> {
  /** Of its files, in the folder of GLUE folders. */
  readonly folder: string;
  readonly format: TsvFormat;
}

/** The format of SST-2, which other tasks of one sentence and two classes may well use. */
export const SENTENCE_TSV: TsvFormat = {
  columns: ['sentence', 'label'],
  header: true,
  text: 'sentence',
  label: 'label',
  classes: ['0', '1'],
};

/** The tasks that can be read: another one is another row. */
export const GLUE_TASKS = {
  sst2: {
    folder: 'SST-2',
    format: SENTENCE_TSV,
    labels: ['negative', 'positive'],
    metric: 'accuracy',
  },
  cola: {
    folder: 'CoLA',
    format: {
      columns: ['source', 'label', 'mark', 'sentence'],
      header: false,
      text: 'sentence',
      label: 'label',
      classes: ['0', '1'],
    },
    labels: ['unacceptable', 'acceptable'],
    metric: 'mcc',
  },
} as const satisfies Readonly<Record<string, GlueFacts>>;

/** The name of a GLUE task that can be read. */
export type GlueTask = keyof typeof GLUE_TASKS;
