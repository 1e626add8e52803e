import { UserError } from '../lib/core/errors';
import { glueFacts, GlueTask } from './glue-tasks';

/** Digits after the point of a submitted number. */
const DIGITS = 6;

/**
 * A file as GLUE's server (gluebenchmark.com/submit) reads it: the line `index<tab>prediction`, then the rows of the test file
 * counted from 0, each with its answer as the training file writes it: `0` or `1`, `entailment`, … Numbers are clipped to the range
 * of the task's labels.
 *
 * @param answers classes in the order of the task's labels, or numbers for a regression; one per row of the test file.
 * @example glueSubmission('rte', [0, 1]) // 'index\tprediction\n0\tentailment\n1\tnot_entailment\n'
 */
export function glueSubmission(task: GlueTask, answers: readonly number[]): string {
  const { format, range: [least, greatest] = [-Infinity, Infinity] } = glueFacts(task);
  const write = (answer: number) =>
    format.classes
      ? format.classes[answer]
      : String(Number(Math.min(Math.max(answer, least), greatest).toFixed(DIGITS)));
  return ['index\tprediction', ...answers.map((answer, i) => `${i}\t${write(answer)}`), ''].join('\n');
}

/**
 * Which class of a task each output of a model is, by the names of the labels in any case; by their order where the model has no
 * names but `LABEL_0`, `LABEL_1`, …
 *
 * @throws UserError if the model was not trained for such a task.
 */
export function taskClasses(task: GlueTask, modelLabels: readonly string[]): number[] {
  const { labels, folder } = glueFacts(task);
  const unnamed = modelLabels.every((label, i) => label === `LABEL_${i}`);
  const known = labels.map((label) => label.toLowerCase());
  const classes = modelLabels.map((label, i) => (unnamed ? i : known.indexOf(label.toLowerCase())));
  if (
    modelLabels.length === labels.length &&
    new Set(classes).size === labels.length &&
    !classes.includes(-1)
  )
    return classes;
  throw new UserError(
    `Expected a model of ${folder}, with the labels ${labels.join(', ')}, got one with ${modelLabels.join(', ')}; ` +
      'choose another `model` or `task`.',
  );
}
