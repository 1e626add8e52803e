import { Option } from 'commander';
import { UserError } from '../lib/core/errors';
import type { Pattern } from '../lib/pruning/pattern';
import { denseLevel } from '../trainers/recipes/dense';
import { expectGradual, gradualPhase, pruningAfter } from '../trainers/recipes/gradual-pruning';
import { runPhases } from '../trainers/recipes/phases';
import { Setup, stepsOf } from '../trainers/recipes/setup';
import { Experiment, experiment } from './experiment';
import { main } from './main';
import { readOptions, Script, TrainingOptions, usualDefaults } from './options';
import { whole } from './parse';
import {
  expectRead,
  PRUNING_DEFAULTS,
  pruningMethod,
  pruningOptions,
  PruningScriptOptions,
  scoringOf,
} from './pruning-methods';
import { MethodName, methodOption, scorePhaseOf } from './score-methods';
import { sparsityOfFile } from './sparsity-rules';
import type { Task } from './task';

/** Where pruning begins and ends, as shares of the training, and how often the masks change in between. */
const BEGIN = 0.1;
const END = 0.7;
const UPDATES = 30;

interface GradualScriptOptions extends PruningScriptOptions {
  readonly method: readonly MethodName[];
  /** Epochs of a pruning that is a training of its own. */
  readonly afterDense?: number;
}

const own: GradualScriptOptions = { ...PRUNING_DEFAULTS, method: ['gradual'] };

const script: Script<GradualScriptOptions> = {
  name: 'gradual-pruning-bert',
  summary:
    'Prunes a BERT classifier while it trains, by magnitude along a cubic schedule unless told otherwise, or by scores that are trained, ' +
    'beside the dense one.',
  leastEpochs: 0,
  grows: ['sparsity'],
  defaults: {
    ...usualDefaults(own),
    quick: { epochs: 2 },
  },
  own: [
    methodOption(),
    ...pruningOptions(),
    new Option(
      '--after-dense <epochs>',
      'prune the trained dense model, for so many epochs, learning from it as it was, or from --teacher (default: prune while training)',
    ).argParser(whole(1)),
  ],
  settled: (options) =>
    options.rules === undefined ? options : { ...options, sparsity: [], distribution: 'rules' },
};

/** @throws UserError where nothing would be trained. */
function expectTraining({ epochs, afterDense }: TrainingOptions & GradualScriptOptions): void {
  if (epochs > 0 || afterDense !== undefined) return;
  throw new UserError(
    'Expected --epochs of at least 1, to prune while training, got 0; or prune a trained model with --after-dense.',
  );
}

/** Those that were asked for, or what the rules come to. */
async function sparsitiesOf(
  { rules, sparsity, seed }: TrainingOptions & GradualScriptOptions,
  setup: Setup,
  pattern: Pattern,
): Promise<readonly number[]> {
  if (rules === undefined) return sparsity;
  const model = await setup.model(seed);
  try {
    return [sparsityOfFile(rules, model, pattern)];
  } finally {
    model.dispose();
  }
}

void main((argv) => {
  const asked = readOptions(script, argv);
  const how = pruningMethod(asked);
  expectRead(asked, asked.method);
  expectTraining(asked);
  const check = (options: TrainingOptions & GradualScriptOptions, { setup }: Task) =>
    sparsitiesOf(options, setup, how.pattern);
  const learn = async ({ options, task, ...recipe }: Experiment<GradualScriptOptions>) => {
    const sparsities = await sparsitiesOf(options, recipe.setup, how.pattern);
    const { seed, saliency, method: methods, learningRate, afterDense } = options;
    const epochs = afterDense ?? recipe.setup.epochs;
    const begin = saliency === 'snip' ? 0 : BEGIN;
    const frequency = Math.ceil(((END - begin) * stepsOf({ ...recipe.setup, epochs }, seed)) / UPDATES);
    const scoring = scoringOf(options, recipe.setup.data(seed).batchesPerEpoch);
    const common = { seed, begin, end: END, frequency };
    expectGradual({ ...common, sparsities });
    const isApart = afterDense !== undefined;
    const dense = denseLevel(seed, { handsOn: isApart, trains: recipe.setup.epochs > 0 });
    const more = isApart ? pruningAfter(dense, { epochs, loss: task.taughtByItself }) : {};
    const phases = methods.flatMap((name) =>
      sparsities.map((sparsity, i) => {
        const level = { ...common, sparsity, level: i + 1 };
        if (name === 'gradual') return gradualPhase({ ...recipe, ...how, ...level, scoring }, more);
        return scorePhaseOf(name, learningRate, level, more);
      }),
    );
    return runPhases(recipe, [dense, ...phases]);
  };
  return experiment(script, argv, learn, { check });
});
