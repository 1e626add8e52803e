import { gradualPruning } from '../trainers/recipes/gradual-pruning';
import { stepsOf } from '../trainers/recipes/setup';
import { experiment } from './experiment';
import { main } from './main';
import { readOptions, Script } from './options';
import {
  PRUNING_DEFAULTS,
  pruningMethod,
  pruningOptions,
  PruningScriptOptions,
  scoringOf,
} from './pruning-methods';

/** Where pruning begins and ends, as shares of the training, and how often the masks change in between. */
const BEGIN = 0.1;
const END = 0.7;
const UPDATES = 30;

const script: Script<PruningScriptOptions> = {
  name: 'gradual-pruning-bert',
  summary:
    'Prunes a BERT classifier while it trains, by magnitude along a cubic schedule unless told otherwise, beside the dense one.',
  defaults: {
    toy: { epochs: 4, batchSize: 32, learningRate: 1e-3, maxLength: 32, ...PRUNING_DEFAULTS },
    glue: { epochs: 3, batchSize: 32, learningRate: 5e-5, maxLength: 128, ...PRUNING_DEFAULTS },
    quick: { epochs: 2 },
  },
  own: pruningOptions(),
};

void main((argv) => {
  const method = pruningMethod(readOptions(script, argv));
  return experiment(script, argv, ({ options, ...recipe }) => {
    const { seed, saliency, sparsity: sparsities } = options;
    const begin = saliency === 'snip' ? 0 : BEGIN;
    const frequency = Math.ceil(((END - begin) * stepsOf(recipe.setup, seed)) / UPDATES);
    const scoring = scoringOf(options, recipe.setup.data(seed).batchesPerEpoch);
    return gradualPruning({ ...recipe, ...method, scoring, seed, sparsities, begin, end: END, frequency });
  });
});
