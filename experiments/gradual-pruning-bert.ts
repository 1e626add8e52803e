import type * as tf from '@tensorflow/tfjs';
import { Option } from 'commander';
import { UserError } from '../lib/core/errors';
import type { Pattern } from '../lib/pruning/pattern';
import { expectPrunable, PruneOptions } from '../lib/pruning/prune';
import { defaultTargets } from '../lib/pruning/targets';
import { denseLevel } from '../trainers/recipes/dense';
import { expectGradual, gradualPhase, pruningAfter } from '../trainers/recipes/gradual-pruning';
import { runPhases } from '../trainers/recipes/phases';
import { Setup, stepsOf } from '../trainers/recipes/setup';
import { Experiment, experiment } from './experiment';
import { main } from './main';
import { readOptions, Script, TrainingOptions, usualDefaults } from './options';
import { expectOwnRate } from './optimizer-options';
import { positive, whole } from './parse';
import {
  expectRead,
  PRUNING_DEFAULTS,
  pruningMethod,
  pruningOptions,
  PruningScriptOptions,
  scoringOf,
} from './pruning-methods';
import {
  expectScores,
  INITIAL_SCORES,
  initialScoresOption,
  methodOption,
  scorePhaseOf,
  ScoreScriptOptions,
} from './score-methods';
import { sparsityOfFile } from './sparsity-rules';
import { Task, warmedUp } from './task';

/** Where pruning begins and ends, as shares of the training, and how often the masks change in between. */
const BEGIN = 0.1;
const END = 0.7;
const UPDATES = 30;

interface GradualScriptOptions extends PruningScriptOptions, ScoreScriptOptions {
  /** Epochs of a pruning that is a training of its own; 0 where there is none. */
  readonly afterDense: number;
  /** The peak of its learning rate. */
  readonly pruningRate: number;
}

const own: GradualScriptOptions = {
  ...PRUNING_DEFAULTS,
  ...{ method: ['gradual'], initialScores: INITIAL_SCORES, afterDense: 0, pruningRate: 1e-3 },
};

/** What keeps most of MiniLM's score at 80 %: experiments/results. */
const onRealData: Partial<GradualScriptOptions> = {
  distribution: 'uniform',
  afterDense: 5,
  pruningRate: 5e-4,
};

const { toy, glue } = usualDefaults(own);

const script: Script<GradualScriptOptions> = {
  name: 'gradual-pruning-bert',
  summary:
    'Prunes a BERT classifier while it trains, or after that, by magnitude along a cubic schedule unless told otherwise, or by scores that are ' +
    'trained, beside the dense one.',
  leastEpochs: 0,
  grows: ['sparsity'],
  defaults: { toy, glue: { ...glue, ...onRealData }, quick: { epochs: 2 } },
  own: [
    methodOption(),
    initialScoresOption(),
    ...pruningOptions(),
    new Option(
      '--after-dense <epochs>',
      'prune the trained dense model, for so many epochs, learning from it as it was, or from --teacher; 0: prune while training',
    ).argParser(whole(0)),
    new Option('--pruning-rate <rate>', 'peak learning rate of --after-dense').argParser(positive),
  ],
  settled: (options) =>
    options.rules === undefined ? options : { ...options, sparsity: [], distribution: 'rules' },
};

const defaultsOf = (task: TrainingOptions['task']) => script.defaults[task === 'toy' ? 'toy' : 'glue'];

/** @throws UserError where nothing would be trained, and for the rate of a training that there is not. */
function expectTraining({
  task,
  epochs,
  afterDense,
  pruningRate,
  optimizer,
}: TrainingOptions & GradualScriptOptions): void {
  const isUsualRate = pruningRate === defaultsOf(task).pruningRate;
  if (afterDense > 0 && isUsualRate) expectOwnRate('--pruning-rate', optimizer);
  if (afterDense > 0) return;
  if (!isUsualRate)
    throw new UserError(
      `Expected --after-dense <epochs> with --pruning-rate, got --pruning-rate ${pruningRate} without; or give --learning-rate.`,
    );
  if (epochs > 0) return;
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

/** @param model let go. @throws UserError for sparsities that its weights cannot have so. */
function expectPossible(
  sparsities: readonly number[],
  model: tf.LayersModel,
  how: Pick<PruneOptions, 'pattern' | 'distribution'>,
): void {
  try {
    const shapes = new Map(defaultTargets(model).map(({ path, variable }) => [path, variable.shape]));
    sparsities.forEach((each) => expectPrunable(each, shapes, how));
  } finally {
    model.dispose();
  }
}

/** The dense model, and the training that prunes: one of its own that the dense model teaches, or the setup's, from the first weights. */
function trainings({ options, task, setup }: Experiment<GradualScriptOptions>) {
  const { seed, afterDense: epochs, pruningRate: peak, learningRate } = options;
  const isApart = epochs > 0;
  const dense = denseLevel(seed, { handsOn: isApart, trains: setup.epochs > 0 });
  if (!isApart) return { dense, setup, peak: learningRate };
  const apart = { epochs, learningRate: warmedUp(peak, options), loss: task.taughtByItself };
  return { dense, setup: { ...setup, epochs }, peak, more: pruningAfter(dense, apart) };
}

void main((argv) => {
  const asked = readOptions(script, argv);
  const how = pruningMethod(asked);
  expectRead(asked, asked.method, defaultsOf(asked.task));
  expectScores(asked);
  expectTraining(asked);
  const check = async (options: TrainingOptions & GradualScriptOptions, { setup }: Task) => {
    const { pattern, distribution } = how;
    const sparsities = await sparsitiesOf(options, setup, pattern);
    expectPossible(sparsities, await setup.model(options.seed), { pattern, distribution });
  };
  const learn = async (job: Experiment<GradualScriptOptions>) => {
    const { options } = job;
    const sparsities = await sparsitiesOf(options, job.setup, how.pattern);
    const { seed, saliency, method: methods, initialScores } = options;
    const { dense, setup, peak, more } = trainings(job);
    const begin = saliency === 'snip' ? 0 : BEGIN;
    const frequency = Math.ceil(((END - begin) * stepsOf(setup, seed)) / UPDATES);
    const scoring = scoringOf(options, setup.data(seed).batchesPerEpoch);
    const common = { seed, begin, end: END, frequency };
    expectGradual({ ...common, sparsities });
    const phases = methods.flatMap((name) =>
      sparsities.map((sparsity, i) => {
        const level = { ...common, sparsity, level: i + 1 };
        if (name === 'gradual') return gradualPhase({ ...job, ...how, ...level, scoring }, more);
        return scorePhaseOf(name, peak, { ...level, initialScores }, more);
      }),
    );
    return runPhases(job, [dense, ...phases]);
  };
  return experiment(script, argv, learn, { check });
});
