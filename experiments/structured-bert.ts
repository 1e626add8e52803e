import { Option } from 'commander';
import { structuredPruning } from '../trainers/recipes/structured-pruning';
import { experiment } from './experiment';
import { footprintRuns } from './footprint-runs';
import { main } from './main';
import type { Script } from './options';
import { fraction, several, whole } from './parse';

interface StructuredScriptOptions {
  /** Shares of the encoder's multiply-adds. */
  readonly removed: readonly number[];
  /** Epochs after it. */
  readonly train: number;
  /** Training rows that importance is found by; half of them are fitted on. */
  readonly examples: number;
}

const own: StructuredScriptOptions = { removed: [0.4, 0.6], train: 0, examples: 2048 };

const script: Script<StructuredScriptOptions> = {
  name: 'structured-bert',
  summary:
    'Cuts heads and neurons out of a trained BERT, without training it again, and fits what is left to what it gave before.',
  leastEpochs: 0,
  defaults: {
    toy: { epochs: 4, batchSize: 32, learningRate: 1e-3, maxLength: 32, ...own },
    glue: { epochs: 3, batchSize: 32, learningRate: 5e-5, maxLength: 128, ...own },
    quick: { epochs: 2 },
  },
  own: [
    new Option(
      '--removed <share...>',
      "of the multiply-adds of the encoder that go, a row each, which heads and neurons being the search's choice",
    ).argParser(several(fraction)),
    new Option(
      '--train <epochs>',
      'train what is left for so long, and the dense model as much longer, in rows of their own',
    ).argParser(whole(0)),
    new Option('--examples <n>', 'training rows to find importance by; half of them to fit on').argParser(
      whole(2),
    ),
  ],
};

void main((argv) =>
  experiment(script, argv, ({ options, ...recipe }) => {
    const { seed, threads, removed, train, examples: importance } = options;
    const examples = { importance, refit: Math.floor(importance / 2) };
    return structuredPruning({
      ...recipe,
      ...{ seed, removed, train, examples },
      inference: { threads },
      footprint: footprintRuns(threads),
    });
  }),
);
