import type * as tf from '@tensorflow/tfjs';
import { Option } from 'commander';
import { configured } from '../lib/core/config';
import { UserError } from '../lib/core/errors';
import { loadHuggingFace } from '../lib/export/hugging-face/folder';
import type { ResolvedBertConfig } from '../lib/models/bert-config';
import { bertConfigOf } from '../lib/models/bert-config-of';
import type { Problem } from '../lib/models/problem';
import {
  distillation,
  DistillationOptions,
  HiddenPair,
  softLabels,
  softTargets,
} from '../trainers/distillation';
import { Loss, meanSquaredError } from '../trainers/losses';
import type { Taught } from '../trainers/recipes/phase';
import { folderOrName, positive, share } from './parse';

/** The options about a teacher. */
export interface TeacherOptions {
  /** Hugging Face folder of a model trained on the task, or its name on the Hub. */
  readonly teacher?: string;
  /** The teacher's share of the loss; 0.5 by default. */
  readonly teacherWeight?: number;
  /** What softens the teacher's probabilities; 2 by default. */
  readonly temperature?: number;
  /** Learn the teacher's hidden states, too. */
  readonly teacherHidden?: boolean;
}

/** The options of the command line. */
export const teacherOptions = (): Option[] => [
  new Option(
    '--teacher <folder>',
    "learn from this model too: a run's `model` of the same task, or a name on the Hub",
  ).argParser(folderOrName),
  new Option('--teacher-weight <share>', "the teacher's share of the loss (default: 0.5)").argParser(share),
  new Option(
    '--temperature <t>',
    "softens the teacher's probabilities, if it has any (default: 2)",
  ).argParser(positive),
  new Option('--teacher-hidden', "learn the teacher's hidden states too, its layers spread evenly"),
];

/** @throws UserError for an option that only means something with `--teacher`. */
export function checkTeacher(given: Readonly<Record<string, unknown>>): void {
  const stray = teacherOptions().find((option) => given[option.attributeName()] !== undefined);
  if (stray && given['teacher'] === undefined) {
    throw new UserError(`Expected --teacher <folder> with ${stray.long}, got it without.`);
  }
}

/** What a teacher must share with its student. */
export interface Student {
  readonly labels: readonly string[];
  readonly problem: Problem;
  readonly vocabulary: readonly string[];
  readonly config: Pick<ResolvedBertConfig, 'layers' | 'hiddenSize'>;
}

/**
 * The loss on the labels, shared with a teacher where there is one.
 *
 * @throws UserError for a teacher with other classes or another vocabulary, or, where its hidden states are learned, another width.
 */
export function taught(hard: Loss, options: TeacherOptions, student: Student): Loss {
  const { teacher: folder, teacherWeight: weight, temperature, teacherHidden = false } = options;
  if (folder === undefined) return hard;
  const { model: teacher, config, labels, fresh, tokenizerFiles } = loadHuggingFace(folder);
  if (fresh.length > 0 || labels.join('\n') !== student.labels.join('\n')) {
    throw new UserError(
      `Expected a teacher trained to tell ${student.labels.join(', ')}, got ${folder}, ` +
        `${fresh.length > 0 ? 'which has no classifier' : `which tells ${labels.join(', ')}`}; train one on this task first.`,
    );
  }
  if (config.problem !== student.problem) {
    throw new UserError(
      `Expected a teacher of a ${student.problem} problem, as its student's, got a ${config.problem} one in ${folder}.`,
    );
  }
  if (student.problem === 'regression' && temperature !== undefined) {
    throw new UserError(
      `Expected --temperature with a teacher of labels, got it with one of numbers, which have no probabilities; leave it out.`,
    );
  }
  if (tokenizerFiles.vocabulary.join('\n') !== student.vocabulary.join('\n')) {
    throw new UserError(
      `Expected a teacher that reads the student's pieces, got ${folder} with another vocabulary.`,
    );
  }
  if (teacherHidden && config.hiddenSize !== student.config.hiddenSize) {
    throw new UserError(
      `Expected a teacher of the student's width ${student.config.hiddenSize} to learn hidden states from, got ` +
        `${config.hiddenSize} in ${folder}; leave --teacher-hidden out.`,
    );
  }
  const layers = { student: student.config.layers, teacher: config.layers };
  return taughtBy(teacher, hard, {
    ...{ problem: student.problem, weight, temperature },
    hidden: teacherHidden ? pairs(layers) : [],
  });
}

/** How a teacher teaches. */
interface Teaching extends Pick<DistillationOptions, 'weight' | 'hidden'> {
  readonly problem: Problem;
  readonly temperature?: number;
}

const taughtBy = (teacher: tf.LayersModel, hard: Loss, { problem, temperature, ...how }: Teaching): Loss =>
  distillation({ teacher, soft: SOFT[problem](temperature), hard, ...how });

/** The teacher's share of the loss where a model learns from itself as it was, hidden states too. */
const OWN_WEIGHT = 0.9;

/** The loss of a model that is to stay what it was, while it is pruned or quantized. */
export function taughtByItself(hard: Loss, problem: Problem): Taught['loss'] {
  const loss: Taught['loss'] = (teacher, student) => {
    const [was, is] = [teacher, student].map((model) => bertConfigOf(model).layers) as [number, number];
    const hidden = pairs({ student: is, teacher: was });
    return taughtBy(teacher, hard, { problem, weight: OWN_WEIGHT, hidden });
  };
  return configured(loss, 'taughtByItself', { hard, problem, weight: OWN_WEIGHT });
}

/** How far a student's predictions are from its teacher's. */
const SOFT: Readonly<Record<Problem, (temperature?: number) => DistillationOptions['soft']>> = {
  'single-label': (temperature) => softTargets({ temperature }),
  'multi-label': (temperature) => softLabels({ temperature }),
  regression: () => meanSquaredError,
};

/** Each of the student's layers with one of the teacher's, evenly spread, the last with the last. */
function pairs({ student, teacher }: { readonly student: number; readonly teacher: number }): HiddenPair[] {
  return Array.from({ length: student }, (_, i) => ({
    student: `encoder/${i}/ffn/norm`,
    teacher: `encoder/${Math.ceil(((i + 1) * teacher) / student) - 1}/ffn/norm`,
  }));
}
