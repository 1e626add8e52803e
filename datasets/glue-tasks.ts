import type { MetricName } from './dataset';
import type { TsvFormat } from './tsv';

/** A file of a task, and how many rows GLUE publishes in it. */
export interface GlueFile {
  readonly name: string;
  readonly rows: number;
}

/** What is known of a GLUE task (Wang et al. 2019). */
export interface GlueFacts {
  /** Of its files, in the folder of GLUE folders. */
  readonly folder: string;
  /** Of the rows of its train and dev files; test files have the same columns of text, a first line, and no labels. */
  readonly format: TsvFormat;
  /** Names of the classes, in the order of `format.classes`; one name for a regression. */
  readonly labels: readonly string[];
  /** How GLUE scores it; the first one is the one that decides. */
  readonly metrics: readonly [MetricName, ...MetricName[]];
  /** Least and greatest label of a regression. */
  readonly range?: readonly [number, number];
  readonly train: GlueFile;
  /** One file; for MNLI two, of which the second is named in the names of its scores. */
  readonly dev: readonly (GlueFile & { readonly suffix?: string })[];
  /** Each with the name under which its predictions are submitted; an optional one is passed over where it is missing. */
  readonly test: readonly (GlueFile & { readonly submission: string; readonly optional?: boolean })[];
}

/** The format of SST-2, which other tasks of one sentence and two classes may well use. */
export const SENTENCE_TSV: TsvFormat = { text: 'sentence', label: 'label', classes: ['0', '1'] };

const PAIR = { text: 'sentence1', pair: 'sentence2', label: 'label' };
const ENTAILMENT = ['entailment', 'not_entailment'];

/** The files of a task of the common layout. */
function files(
  folder: string,
  [train, dev, test]: readonly [number, number, number],
): Pick<GlueFacts, 'folder' | 'train' | 'dev' | 'test'> {
  return {
    folder,
    train: { name: 'train.tsv', rows: train },
    dev: [{ name: 'dev.tsv', rows: dev }],
    test: [{ name: 'test.tsv', rows: test, submission: `${folder}.tsv` }],
  };
}

/** All that the readers know of each task: another one is another row. Classes are in the order of Hugging Face's `glue`. */
export const GLUE_TASKS = {
  cola: {
    ...files('CoLA', [8551, 1043, 1063]),
    format: { ...SENTENCE_TSV, columns: ['source', 'label', 'mark', 'sentence'] },
    labels: ['unacceptable', 'acceptable'],
    metrics: ['mcc'],
  },
  sst2: {
    ...files('SST-2', [67349, 872, 1821]),
    format: SENTENCE_TSV,
    labels: ['negative', 'positive'],
    metrics: ['accuracy'],
  },
  mrpc: {
    ...files('MRPC', [3668, 408, 1725]),
    format: { text: '#1 String', pair: '#2 String', label: 'Quality', classes: ['0', '1'] },
    labels: ['not_equivalent', 'equivalent'],
    metrics: ['f1', 'accuracy'],
  },
  stsb: {
    ...files('STS-B', [5749, 1500, 1379]),
    format: { text: 'sentence1', pair: 'sentence2', label: 'score' },
    labels: ['similarity'],
    metrics: ['pearson', 'spearman'],
    range: [0, 5],
  },
  qqp: {
    // Some questions of the published train.tsv have line ends, which break their rows (left out here as by Hugging Face's
    // reader); two are empty (huggingface/datasets #277).
    ...files('QQP', [363846, 40430, 390965]),
    format: {
      text: 'question1',
      pair: 'question2',
      label: 'is_duplicate',
      classes: ['0', '1'],
      damaged: true,
    },
    labels: ['not_duplicate', 'duplicate'],
    metrics: ['f1', 'accuracy'],
  },
  mnli: {
    folder: 'MNLI',
    train: { name: 'train.tsv', rows: 392702 },
    dev: [
      { name: 'dev_matched.tsv', rows: 9815 },
      { name: 'dev_mismatched.tsv', rows: 9832, suffix: 'mm' },
    ],
    test: [
      { name: 'test_matched.tsv', rows: 9796, submission: 'MNLI-m.tsv' },
      { name: 'test_mismatched.tsv', rows: 9847, submission: 'MNLI-mm.tsv' },
      { name: '../diagnostic/diagnostic.tsv', rows: 1104, submission: 'AX.tsv', optional: true },
    ],
    format: { ...PAIR, label: 'gold_label', classes: ['entailment', 'neutral', 'contradiction'] },
    labels: ['entailment', 'neutral', 'contradiction'],
    metrics: ['accuracy'],
  },
  qnli: {
    ...files('QNLI', [104743, 5463, 5463]),
    format: { text: 'question', pair: 'sentence', label: 'label', classes: ENTAILMENT },
    labels: ENTAILMENT,
    metrics: ['accuracy'],
  },
  rte: {
    ...files('RTE', [2490, 277, 3000]),
    format: { ...PAIR, classes: ENTAILMENT },
    labels: ENTAILMENT,
    metrics: ['accuracy'],
  },
  wnli: {
    ...files('WNLI', [635, 71, 146]),
    format: { ...PAIR, classes: ['0', '1'] },
    labels: ['not_entailment', 'entailment'],
    metrics: ['accuracy'],
  },
} as const satisfies Readonly<Record<string, GlueFacts>>;

/** The name of a GLUE task. */
export type GlueTask = keyof typeof GLUE_TASKS;

/** The facts of a task. */
export const glueFacts = (task: GlueTask): GlueFacts => GLUE_TASKS[task];
