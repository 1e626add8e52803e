import { glueSubmission, taskClasses } from '../../datasets/glue-submission';
import type { GlueTask } from '../../datasets/glue-tasks';
import { UserError } from '../../lib/core/errors';

it.each<[GlueTask, number[], string]>([
  ['cola', [1, 0], '0\t1\n1\t0\n'],
  ['mrpc', [0, 1], '0\t0\n1\t1\n'],
  ['wnli', [0, 1], '0\t0\n1\t1\n'],
  ['rte', [0, 1], '0\tentailment\n1\tnot_entailment\n'],
  ['qnli', [1, 0], '0\tnot_entailment\n1\tentailment\n'],
  ['mnli', [2, 0, 1], '0\tcontradiction\n1\tentailment\n2\tneutral\n'],
  ['stsb', [-0.5, 5.25, 2.5, Math.fround(3.4), 1e-9], '0\t0\n1\t5\n2\t2.5\n3\t3.4\n4\t0\n'],
])('writes answers as the server takes them: %s', (task, answers, rows) => {
  expect(glueSubmission(task, answers)).toBe(`index\tprediction\n${rows}`);
});

it("finds the task's classes by their names, in any order and case", () => {
  expect(taskClasses('mnli', ['CONTRADICTION', 'NEUTRAL', 'ENTAILMENT'])).toEqual([2, 1, 0]);
  expect(taskClasses('rte', ['LABEL_0', 'LABEL_1'])).toEqual([0, 1]);
  expect(taskClasses('stsb', ['similarity'])).toEqual([0]);
});

it.each<[GlueTask, string[]]>([
  ['rte', ['entailment', 'neutral', 'contradiction']],
  ['rte', ['bad', 'good']],
  ['rte', ['entailment', 'entailment']],
  ['rte', ['LABEL_0', 'LABEL_1', 'LABEL_2']],
  ['stsb', ['LABEL_0', 'LABEL_1']],
])('refuses, for %s, a model with the labels %j', (task, labels) => {
  expect(() => taskClasses(task, labels)).toThrow(UserError);
  expect(() => taskClasses(task, labels)).toThrow(`got one with ${labels.join(', ')}`);
});
