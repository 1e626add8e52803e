import { Option } from 'commander';
import { UserError } from '../lib/core/errors';
import { stepsOf } from '../trainers/recipes/setup';
import { structuredPruning, StructuredPruningOptions } from '../trainers/recipes/structured-pruning';
import { experiment } from './experiment';
import { footprintRuns } from './footprint-runs';
import { main } from './main';
import { readOptions, Script, TrainingOptions, usualDefaults } from './options';
import { eachOnce, fraction, several, whole } from './parse';
import {
  methodOptions,
  STRUCTURE_SCHEDULES,
  StructuredMethodOptions,
  structuredMethods,
} from './structured-methods';

/** Where units go along a schedule, as shares of the training, and how often in between. */
const [BEGIN, END, UPDATES] = [0, 0.5, 10];

interface StructuredScriptOptions extends StructuredMethodOptions {
  /** Shares of the cost. */
  readonly removed: readonly number[];
  /** Epochs after it. */
  readonly train: number;
  /** Training rows that importance is found by; half of them are fitted on. */
  readonly examples: number;
  /** Learn from the dense model in those. */
  readonly distill?: boolean;
  /** How the share that is gone grows in the training; at once before it by default. */
  readonly schedule?: string;
}

const own: StructuredScriptOptions = { removed: [0.4, 0.6], train: 0, examples: 2048 };

const script: Script<StructuredScriptOptions> = {
  name: 'structured-bert',
  summary:
    'Cuts heads and neurons, or layers, out of a trained BERT, without training it again, and fits what is left to what it gave before.',
  leastEpochs: 0,
  defaults: {
    ...usualDefaults(own),
    quick: { epochs: 2 },
  },
  own: [
    eachOnce(
      new Option(
        '--removed <share...>',
        "shares that go, a row each: of the multiply-adds of the encoder, which heads and neurons being the search's choice, or of what --units and --budget say",
      ).argParser(several(fraction)),
    ),
    new Option(
      '--train <epochs>',
      'train what is left for so long, and the dense model as much longer, in rows of their own',
    ).argParser(whole(0)),
    new Option('--distill', 'in the epochs of --train learn from the dense model, its hidden states too'),
    new Option(
      '--schedule <name>',
      'in the epochs of --train little by little, cut out at their end (default: at once, before)',
    ).choices(Object.keys(STRUCTURE_SCHEDULES)),
    ...methodOptions(),
    new Option('--examples <n>', 'training rows to find importance by; half of them to fit on').argParser(
      whole(2),
    ),
  ],
};

/** Masking along the schedule that the options name. */
function gradualOf(
  { schedule, train }: StructuredScriptOptions,
  steps: number,
): StructuredPruningOptions['gradual'] {
  if (schedule === undefined) return undefined;
  const frequency = Math.max(Math.ceil(((END - BEGIN) * train * steps) / UPDATES), 1);
  return { begin: BEGIN, end: END, frequency, schedule: STRUCTURE_SCHEDULES[schedule]! };
}

/** @throws UserError where there is nothing to learn in, or another teacher. */
function expectDistillable({ distill, train, teacher }: StructuredScriptOptions & TrainingOptions): void {
  if (!distill || (train > 0 && teacher === undefined)) return;
  throw new UserError(
    train > 0
      ? 'Expected --distill or --teacher, got both: the teacher is the dense model, or that one; leave one out.'
      : 'Expected --train <epochs> with --distill, to learn in, got 0.',
  );
}

void main((argv) => {
  const asked = readOptions(script, argv);
  structuredMethods(asked, 1); // before anything is opened
  expectDistillable(asked);
  return experiment(script, argv, ({ options, task, ...recipe }) => {
    const { seed, threads, removed, train, examples: importance } = options;
    const examples = { importance, refit: Math.floor(importance / 2) };
    return structuredPruning({
      ...recipe,
      ...{ seed, removed, train, examples },
      teaching: options.distill ? task.taughtByItself : undefined,
      methods: structuredMethods(options, threads),
      gradual: gradualOf(options, stepsOf({ ...recipe.setup, epochs: 1 }, seed)),
      inference: { threads },
      footprint: footprintRuns(threads),
    });
  });
});
