import { Option } from 'commander';
import { rigl } from '../lib/pruning/rewiring/rigl';
import { setEvolution } from '../lib/pruning/rewiring/set-evolution';
import { magnitude } from '../lib/pruning/saliency';
import { stepsOf } from '../trainers/recipes/setup';
import { SparseMethod, sparseTraining } from '../trainers/recipes/sparse-training';
import { experiment } from './experiment';
import { main } from './main';
import { Script, usualDefaults } from './options';
import { eachOnce, fraction, several } from './parse';
import { distributionNamed, distributionOption } from './pruning-methods';

const METHODS = ['static', 'set', 'rigl'] as const;

interface SparseScriptOptions {
  readonly method: readonly (typeof METHODS)[number][];
  readonly sparsity: readonly number[];
  readonly distribution: string;
}

/** How often zeros move in a training. */
const UPDATES = 30;

const own: SparseScriptOptions = { method: METHODS, sparsity: [0.8], distribution: 'uniform' };

const script: Script<SparseScriptOptions> = {
  name: 'sparse-training-bert',
  summary:
    'Trains a BERT classifier that is sparse from the first step to the last, with zeros that stay or move, beside the dense one.',
  defaults: {
    ...usualDefaults(own),
    quick: { epochs: 2 },
  },
  own: [
    eachOnce(
      new Option(
        '--method <names...>',
        'a row each: static, zeros stay where they are; set, the smallest weights go and others come back at random; rigl, those of the ' +
          'largest gradient come back',
      ).choices(METHODS),
    ),
    eachOnce(
      new Option(
        '--sparsity <fraction...>',
        'sparsities, each a training of its own of each method',
      ).argParser(several(fraction)),
    ),
    distributionOption(),
  ],
};

void main((argv) =>
  experiment(script, argv, ({ options, ...recipe }) => {
    const { seed, method, sparsity: sparsities, model } = options;
    const distribution = distributionNamed(options.distribution);
    const every = Math.ceil(stepsOf(recipe.setup, seed) / UPDATES);
    const methods = method.map((name) => methodOf(name, every, seed));
    const start = model === undefined ? undefined : magnitude; // what was learned is worth more than random zeros
    return sparseTraining({ ...recipe, seed, methods, sparsities, start, distribution });
  }),
);

function methodOf(name: (typeof METHODS)[number], every: number, seed: number): SparseMethod {
  if (name === 'rigl') return { name, by: rigl({ every }) };
  return name === 'set' ? { name, by: setEvolution({ every, seed }) } : { name };
}
