import { denseLevel } from '../trainers/recipes/dense';
import { expectGradual, gradualPhase } from '../trainers/recipes/gradual-pruning';
import { runPhases } from '../trainers/recipes/phases';
import { stepsOf } from '../trainers/recipes/setup';
import { experiment } from './experiment';
import { main } from './main';
import { readOptions, Script } from './options';
import {
  expectRead,
  PRUNING_DEFAULTS,
  pruningMethod,
  pruningOptions,
  PruningScriptOptions,
  scoringOf,
} from './pruning-methods';
import { MethodName, methodOption, scorePhaseOf } from './score-methods';

/** Where pruning begins and ends, as shares of the training, and how often the masks change in between. */
const BEGIN = 0.1;
const END = 0.7;
const UPDATES = 30;

interface GradualScriptOptions extends PruningScriptOptions {
  readonly method: readonly MethodName[];
}

const own: GradualScriptOptions = { ...PRUNING_DEFAULTS, method: ['gradual'] };

const script: Script<GradualScriptOptions> = {
  name: 'gradual-pruning-bert',
  summary:
    'Prunes a BERT classifier while it trains, by magnitude along a cubic schedule unless told otherwise, or by scores that are trained, ' +
    'beside the dense one.',
  defaults: {
    toy: { epochs: 4, batchSize: 32, learningRate: 1e-3, maxLength: 32, ...own },
    glue: { epochs: 3, batchSize: 32, learningRate: 5e-5, maxLength: 128, ...own },
    quick: { epochs: 2 },
  },
  own: [methodOption(), ...pruningOptions()],
};

void main((argv) => {
  const asked = readOptions(script, argv);
  const how = pruningMethod(asked);
  expectRead(asked, asked.method);
  return experiment(script, argv, ({ options, ...recipe }) => {
    const { seed, saliency, sparsity: sparsities, method: methods, learningRate } = options;
    const begin = saliency === 'snip' ? 0 : BEGIN;
    const frequency = Math.ceil(((END - begin) * stepsOf(recipe.setup, seed)) / UPDATES);
    const scoring = scoringOf(options, recipe.setup.data(seed).batchesPerEpoch);
    const common = { seed, begin, end: END, frequency };
    expectGradual({ ...common, sparsities });
    const phases = methods.flatMap((name) =>
      sparsities.map((sparsity, i) => {
        const level = { ...common, sparsity, level: i + 1 };
        if (name === 'gradual') return gradualPhase({ ...recipe, ...how, ...level, scoring });
        return scorePhaseOf(name, learningRate, level);
      }),
    );
    const dense = denseLevel(seed);
    return runPhases(recipe, [dense, ...phases]);
  });
});
