import { finetune } from '../trainers/recipes/finetune';
import { experiment } from './experiment';
import { main } from './main';
import type { Script } from './options';

const script: Script = {
  name: 'finetune',
  summary: 'Trains a BERT classifier: the dense baseline of the other scripts.',
  defaults: {
    toy: { epochs: 4, batchSize: 32, learningRate: 1e-3, maxLength: 32 },
    glue: { epochs: 3, batchSize: 32, learningRate: 5e-5, maxLength: 128 },
    quick: { epochs: 2 },
  },
};

void main((argv) =>
  experiment(script, argv, ({ options, ...recipe }) => finetune({ ...recipe, seed: options.seed })),
);
