import { Option } from 'commander';
import { gradualPruning } from '../trainers/recipes/gradual-pruning';
import { stepsOf } from '../trainers/recipes/setup';
import { experiment } from './experiment';
import { main } from './main';
import type { Script } from './options';
import { fraction, several } from './parse';

/** Where pruning begins and ends, as shares of the training, and how often the masks change in between. */
const BEGIN = 0.1;
const END = 0.7;
const UPDATES = 30;

const script: Script<{ readonly sparsity: readonly number[] }> = {
  name: 'gradual-pruning-bert',
  summary:
    'Prunes a BERT classifier while it trains, by magnitude along a cubic schedule, beside the dense one.',
  defaults: {
    toy: { epochs: 4, batchSize: 32, learningRate: 1e-3, maxLength: 32, sparsity: [0.5, 0.8] },
    glue: { epochs: 3, batchSize: 32, learningRate: 5e-5, maxLength: 128, sparsity: [0.5, 0.8] },
    quick: { epochs: 2 },
  },
  own: [
    new Option('--sparsity <fraction...>', 'final sparsities, each a training of its own').argParser(
      several(fraction),
    ),
  ],
};

void main((argv) =>
  experiment(script, argv, ({ options: { seed, sparsity: sparsities }, ...recipe }) => {
    const frequency = Math.ceil(((END - BEGIN) * stepsOf(recipe.setup, seed)) / UPDATES);
    return gradualPruning({ ...recipe, seed, sparsities, begin: BEGIN, end: END, frequency });
  }),
);
